"""geo: the client's address, another one, addresses behind proxies, networks and ranges."""
import os

from harness import Conn, WireTest, main


class Geo(WireTest):
    HTTP = """
    geo $near { default far; 127.0.0.0/8 loopback; 127.0.0.1 here; ::1/128 six; 255.255.255.255 none; }
    geo $arg_ip $of {
        default far; include networks.inc; 10.1.0.0/16 office; 10.2.0.0/16 gone; delete 10.2.0.0/16;
        2001:db8::/32 six; 255.255.255.255 none;
    }
    geo $arg_ip $ranged {
        ranges; default far; 10.0.0.0-10.2.255.255 wide; 10.1.0.0-10.1.0.9 narrow; 10.3.0.0-10.3.0.9 gone;
        delete 10.3.0.0-10.3.0.9;
    }
    geo $behind { proxy 127.0.0.1; default far; 127.0.0.0/8 loopback; 192.0.2.0/24 test; 203.0.113.0/24 other; }
    geo $behind_all {
        proxy 127.0.0.1; proxy 192.0.2.0/24; proxy_recursive; default far; 127.0.0.0/8 loopback; 192.0.2.0/24 test;
        203.0.113.0/24 other;
    }
    geo $dollar { default "$"; }
    server {
        listen @P0@;
        listen unix:@DIR@/sock;
        location / { return 200 "$near|$of|$ranged|$behind|$behind_all|${dollar}x"; }
    }
    """
    OPTIONS = {"files": {"networks.inc": "10.0.0.0/8 ten;\n"}}

    def value(self, place, query="", fields=(), **options):
        return self.get("/?" + query, fields, **options).text.split("|")[place]

    def test_the_clients_address(self):
        self.assertEqual(self.value(0), "here")
        self.assertEqual(self.value(0, source="127.0.0.2"), "loopback")

    def test_a_unix_client_has_no_address(self):
        with Conn(os.path.join(self.gw.dir, "sock")) as c:
            text = c.ask("GET /?ip=10.1.0.1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").text
        self.assertEqual(text.split("|")[:2], ["none", "office"])

    def test_an_address_of_a_variable(self):
        for ip, wanted in (("10.9.0.0", "ten"), ("10.1.2.3", "office"), ("10.2.0.1", "ten"), ("11.0.0.0", "far"),
                           ("2001:db8::7", "six"), ("2001:db9::", "far"), ("::ffff:10.1.0.1", "office"),
                           ("", "none"), ("nonsense", "none"), ("10.1.2.3:80", "none")):
            with self.subTest(ip):
                self.assertEqual(self.value(1, "ip=" + ip), wanted)

    def test_ranges(self):
        for ip, wanted in (("10.0.0.0", "wide"), ("10.1.0.0", "narrow"), ("10.1.0.9", "narrow"), ("10.1.0.10", "wide"),
                           ("10.2.255.255", "wide"), ("10.3.0.0", "far"), ("2001:db8::1", "far")):
            with self.subTest(ip):
                self.assertEqual(self.value(2, "ip=" + ip), wanted)

    def behind(self, *lists):
        fields = [("X-Forwarded-For", text) for text in lists]
        return self.value(3, fields=fields), self.value(4, fields=fields)

    def test_behind_proxies(self):
        self.assertEqual(self.behind(), ("loopback", "loopback"))
        self.assertEqual(self.behind("203.0.113.7"), ("other", "other"))
        self.assertEqual(self.behind("203.0.113.7, 192.0.2.1"), ("test", "other"))
        self.assertEqual(self.behind("8.8.8.8, 203.0.113.7, 192.0.2.1:99"), ("test", "other"))
        self.assertEqual(self.behind("nonsense"), ("loopback", "loopback"))
        self.assertEqual(self.behind("203.0.113.7", "192.0.2.1"), ("test", "other"))

    def test_only_proxies_are_believed(self):
        self.assertEqual(self.value(3, fields=[("X-Forwarded-For", "192.0.2.1")], source="127.0.0.9"), "loopback")

    def test_values_are_plain_text(self):
        self.assertEqual(self.value(5), "$x")


if __name__ == "__main__":
    main()
