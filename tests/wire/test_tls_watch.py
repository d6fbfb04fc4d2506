"""Certificates that are loaded anew when their files change (ssl_certificate_watch)."""
import os
import signal
import time
import unittest

from harness import Gateway, WireTest, beyond_nginx, main, wait_for
from tls_client import TlsConn, certificate, client_context, files, get, replace, shown, uses

OLD, NEW = certificate("shop.example"), certificate("shop.example", serial=4711)
OTHER = certificate("other.example", kind="rsa")


class Watch(WireTest):
    def gateway(self, watch="ssl_certificate_watch 100ms;", more="", workers=2):
        return self.start("%s server { listen @P0@ ssl; server_name shop.example; %s %s return 200 ok; }" %
                          (watch, uses(OLD), more), files=files(OLD), main="worker_processes %d;" % workers)

    def wait_for_new(self, gw, wanted):
        wait_for(lambda: shown(gw.ports[0], "shop.example") == wanted.pem.strip(), 10)

    def test_replaced_by_rename(self):
        gw = self.gateway()
        with TlsConn(gw.ports[0], "shop.example") as before:
            self.assertEqual(before.get("/").text, "ok")
            replace(gw, "shop.example.pem", NEW.pem)
            replace(gw, "shop.example.key", NEW.key)
            self.wait_for_new(gw, NEW)
            # On both workers, whichever gets the connection.
            for _ in range(12):
                self.assertEqual(shown(gw.ports[0], "shop.example"), NEW.pem.strip())
            self.assertEqual(before.get("/").text, "ok")
        gw.wait_log(r'\[notice\] .*files of TLS have changed, the certificate "[^"]*shop.example.pem" was loaded anew')
        self.assertEqual(gw.current_generation(), "1")

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    @beyond_nginx
    def test_of_root_when_the_workers_are_somebody_else(self):
        """Keys, the configuration itself and new logs, in a folder that is root's alone."""
        gw = Gateway("ssl_certificate_watch 100ms; server { listen @P0@ ssl; server_name shop.example; %s return 200 ok; }"
                     % uses(OLD), main="worker_processes 2; user nobody nogroup;", files=files(OLD), start=False)
        self.addCleanup(gw.stop)
        for folder, _, names in os.walk(gw.dir):
            for path in [folder] + [os.path.join(folder, name) for name in names]:
                os.chmod(path, 0o700)
        gw.start()
        # It listens before it gives up root, so that it is still root when the first connection is taken by the kernel.
        self.assertEqual(get(gw.ports[0], name="shop.example").text, "ok")
        with open("/proc/%d/status" % gw.pid) as status:
            self.assertNotIn("Uid:\t0", status.read())
        replace(gw, "shop.example.pem", NEW.pem)
        replace(gw, "shop.example.key", NEW.key)
        self.wait_for_new(gw, NEW)
        replace(gw, "shop.example.pem", OLD.pem)
        replace(gw, "shop.example.key", OLD.key)
        gw.reload()
        self.wait_for_new(gw, OLD)
        os.rename(gw.path("access.log"), gw.path("access.old"))
        os.kill(gw.pid, signal.SIGUSR1)
        wait_for(lambda: os.path.exists(gw.path("access.log")))
        self.assertEqual(get(gw.ports[0], name="shop.example").text, "ok")
        workers = 0
        for task in os.listdir("/proc/%d/task" % gw.pid):
            with open("/proc/%d/task/%s/status" % (gw.pid, task)) as status:
                text = status.read()
            rights = {line.split(":")[0]: int(line.split()[1], 16) for line in text.splitlines() if line[:3] == "Cap"}
            self.assertEqual(rights["CapEff"], 0, text)
            if text.startswith("Name:\tworker"):
                workers += 1
                self.assertEqual(rights["CapPrm"], 0, text)
            elif int(task) == gw.pid:  # it reloads: CAP_DAC_OVERRIDE and CAP_NET_BIND_SERVICE
                self.assertEqual(rights["CapPrm"], 1 << 1 | 1 << 10, text)
        self.assertEqual(workers, 2)

    def test_again_and_again(self):
        gw = self.gateway()
        for each in (NEW, OLD, NEW):
            replace(gw, "shop.example.pem", each.pem)
            replace(gw, "shop.example.key", each.key)
            self.wait_for_new(gw, each)

    def test_no_handshake_fails_meanwhile(self):
        gw = self.gateway()
        for each in (NEW, OLD):
            replace(gw, "shop.example.pem", each.pem)
            replace(gw, "shop.example.key", each.key)
            end = time.monotonic() + 10
            while shown(gw.ports[0], "shop.example") != each.pem.strip():
                self.assertEqual(get(gw.ports[0], name="shop.example").text, "ok")
                self.assertLess(time.monotonic(), end)

    def test_what_is_broken_changes_nothing(self):
        gw = self.gateway()
        replace(gw, "shop.example.pem", "nonsense")
        gw.wait_log(r'\[error\] .*cannot load certificate "[^"]*shop.example.pem": there is no certificate in it')
        gw.wait_log(r'\[error\] .*files of TLS have changed and cannot be used, the certificate "[^"]*shop.example.pem" '
                    r'stays as it was')
        self.assertEqual(shown(gw.ports[0], "shop.example"), OLD.pem.strip())
        # A certificate without its key is no better; then the key comes.
        replace(gw, "shop.example.pem", NEW.pem)
        gw.wait_log(r"\[error\] .*does not belong to the certificate")
        self.assertEqual(shown(gw.ports[0], "shop.example"), OLD.pem.strip())
        replace(gw, "shop.example.key", NEW.key)
        self.wait_for_new(gw, NEW)

    def test_a_file_that_goes(self):
        gw = self.gateway()
        os.unlink(gw.path("shop.example.key"))
        gw.wait_log(r'\[error\] .*cannot load certificate key "[^"]*shop.example.key": No such file')
        self.assertEqual(get(gw.ports[0], name="shop.example").text, "ok")

    def test_off(self):
        gw = self.gateway(watch="")
        replace(gw, "shop.example.pem", NEW.pem)
        replace(gw, "shop.example.key", NEW.key)
        time.sleep(0.5)  # nothing is expected to happen
        self.assertEqual(shown(gw.ports[0], "shop.example"), OLD.pem.strip())
        gw.reload()
        self.wait_for_new(gw, NEW)

    def test_a_reload_begins_or_ends_it(self):
        gw = self.gateway(watch="")
        server = "server { listen @P0@ ssl; server_name shop.example; %s return 200 ok; }" % uses(OLD)
        gw.reload("ssl_certificate_watch 100ms; " + server)
        replace(gw, "shop.example.pem", NEW.pem)
        replace(gw, "shop.example.key", NEW.key)
        self.wait_for_new(gw, NEW)
        gw.reload("ssl_certificate_watch off; " + server)
        self.assertEqual(shown(gw.ports[0], "shop.example"), NEW.pem.strip())

    def test_whom_clients_are_verified_by(self):
        first, second = (certificate("authority %d" % i, is_ca=True) for i in (1, 2))
        client = certificate("client", issuer=second)
        gw = self.start("server { listen @P0@ ssl; server_name shop.example; %s ssl_certificate_watch 100ms; "
                        "ssl_verify_client on; ssl_client_certificate ca.pem; return 200 $ssl_client_verify; }" %
                        uses(OLD), files={**files(OLD), "ca.pem": first.pem})

        def status():
            return get(gw.ports[0], name="shop.example", context=client_context(own=client)).status
        self.assertEqual(status(), 400)
        replace(gw, "ca.pem", second.pem)
        wait_for(lambda: status() == 200, 10)


if __name__ == "__main__":
    main()
