"""split_clients: the same key always gets the same value, and shares are kept."""
from collections import Counter

from harness import Conn, WireTest, beyond_nginx, main


class SplitClients(WireTest):
    HTTP = """
    split_clients $arg_k $part { 10% one; 30% two; * rest; }
    split_clients "salt$arg_k" $other { 50% a; }
    split_clients $arg_k $all { 33.33% a; 33.33% b; 33.34% c; }
    keepalive_requests 10000;
    server { listen @P0@; location / { return 200 "$part|$other|$all"; } }
    """

    def values(self, keys):
        with Conn(self.port) as c:
            return [c.get("/?k=%s" % key).text.split("|") for key in keys]

    def test_a_key_stays_in_its_part(self):
        keys = ["client-%d" % i for i in range(50)]
        self.assertEqual(self.values(keys), self.values(keys))

    def test_known_hashes(self):
        # MurmurHash2, seed 0; the parts are nginx's.
        self.assertEqual([v[0] for v in self.values(["client-%d" % i for i in range(12)])], KNOWN)

    def test_shares(self):
        got = self.values("k%d" % i for i in range(2000))
        parts = Counter(v[0] for v in got)
        self.assertAlmostEqual(parts["one"] / 2000, 0.1, delta=0.03)
        self.assertAlmostEqual(parts["two"] / 2000, 0.3, delta=0.04)
        self.assertAlmostEqual(parts["rest"] / 2000, 0.6, delta=0.04)
        others = Counter(v[1] for v in got)
        self.assertEqual(set(others), {"a", ""})
        self.assertAlmostEqual(others["a"] / 2000, 0.5, delta=0.04)
        self.assertEqual(set(v[2] for v in got), {"a", "b", "c"})


KNOWN = ["two", "rest", "rest", "rest", "rest", "rest", "rest", "rest", "rest", "one", "rest", "two"]


class Values(WireTest):
    HTTP = """
    split_clients $arg_k $part { 100% "$request_method:$part_of"; }
    map $uri $part_of { /a A; default other; }
    server { listen @P0@; location / { return 200 "$part"; } }
    """

    @beyond_nginx
    def test_values_may_hold_variables(self):
        self.assertEqual(self.get("/a").text, "GET:A")


if __name__ == "__main__":
    main()
