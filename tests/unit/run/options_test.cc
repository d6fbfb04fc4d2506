#include "run/options.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

using namespace gh;
using run::Command;

namespace {

struct Parsed {
  bool good = false;
  run::Options options;
  std::string message;
};

Parsed parse(std::vector<const char*> words) {
  Parsed parsed;
  words.insert(words.begin(), "gatehouse");
  parsed.good = run::parse_options(static_cast<int>(words.size()), words.data(), parsed.options, parsed.message);
  return parsed;
}

std::string misuse(std::vector<const char*> words) {
  const Parsed parsed = parse(std::move(words));
  CHECK_FALSE(parsed.good);
  return parsed.message;
}

std::string here() { return std::filesystem::current_path().string() + "/"; }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("without options the gateway runs on the file of the package") {
  const Parsed p = parse({});
  REQUIRE(p.good);
  CHECK(p.options.command == Command::serve);
  CHECK(p.options.config_file == "/etc/gatehouse/gateway.conf");
  CHECK(p.options.prefix == "/etc/gatehouse/");
  CHECK(p.options.error_log.empty());
}

TEST_CASE("the command follows from the letters") {
  CHECK(parse({"-t"}).options.command == Command::test);
  CHECK(parse({"-T"}).options.command == Command::dump_text);
  CHECK(parse({"-t", "-T"}).options.command == Command::dump_text);
  CHECK(parse({"--check"}).options.command == Command::check);
  CHECK(parse({"--check", "-t"}).options.command == Command::check);
  CHECK(parse({"dump"}).options.command == Command::dump);
  CHECK(parse({"-v"}).options.command == Command::version);
  CHECK(parse({"--version"}).options.command == Command::version);
  for (const char* word : {"-h", "-?", "--help"}) CHECK(parse({word}).options.command == Command::help);
  CHECK(parse({"-?", "--nonsense"}).options.command == Command::help);
  CHECK_FALSE(parse({"-v"}).options.configure_text);
  CHECK(parse({"-V"}).options.configure_text);
}

TEST_CASE("letters may be joined, as in nginx's scripts") {
  const Parsed p = parse({"-tq", "-c", "/a/b.conf"});
  REQUIRE(p.good);
  CHECK(p.options.command == Command::test);
  CHECK(p.options.quiet);
}

TEST_CASE("signals are five words") {
  for (const char* word : {"reload", "reopen", "quit", "stop", "log"}) {
    const Parsed p = parse({"-s", word});
    REQUIRE(p.good);
    CHECK(p.options.command == Command::signal);
    CHECK(p.options.signal == word);
  }
  const std::string message = misuse({"-s", "relod"});
  CHECK(has(message, "-s takes reload, reopen, quit, stop or log, not `relod`"));
  CHECK(has(message, "did you mean reload?"));
}

TEST_CASE("relative paths start at the prefix when one is given") {
  const Parsed p = parse({"-p", "/srv/gw", "-c", "conf/nginx.conf", "-e", "error.log"});
  REQUIRE(p.good);
  CHECK(p.options.prefix == "/srv/gw/");
  CHECK(p.options.config_file == "/srv/gw/conf/nginx.conf");
  CHECK(p.options.error_log == "/srv/gw/error.log");
}

TEST_CASE("a relative prefix starts at the working folder") {
  const Parsed p = parse({"-p", "site/", "-c", "/etc/other.conf"});
  REQUIRE(p.good);
  CHECK(p.options.prefix == here() + "site/");
  CHECK(p.options.config_file == "/etc/other.conf");
}

TEST_CASE("without a prefix it is the folder of the configuration file") {
  CHECK(parse({"-c", "/srv/gw/gateway.conf"}).options.prefix == "/srv/gw/");
  CHECK(parse({"-c", "gateway.conf"}).options.prefix == here());
  CHECK(parse({"-c", "conf/gateway.conf"}).options.prefix == here() + "conf/");
  CHECK(parse({"-c", "conf/gateway.conf"}).options.config_file == here() + "conf/gateway.conf");
  CHECK(parse({"-e", "error.log"}).options.error_log == here() + "error.log");
  CHECK(parse({"-e", "stderr"}).options.error_log == "stderr");
}

TEST_CASE("--check takes its level by = only, so that the next word is the file") {
  const Parsed p = parse({"--check", "sites/api.conf"});
  REQUIRE(p.good);
  CHECK(p.options.command == Command::check);
  CHECK(p.options.config_file == here() + "sites/api.conf");
  CHECK_FALSE(p.options.full);
  CHECK(parse({"--check=full"}).options.full);
  CHECK(has(misuse({"--check=offline"}), "full"));
  CHECK(has(misuse({"--check=ful"}), "did you mean full?"));
}

TEST_CASE("a fragment is checked, never run") {
  CHECK(parse({"--check", "--context", "server", "x.conf"}).options.fragment == "server");
  CHECK(has(misuse({"--context", "server"}), "--check"));
  CHECK(has(misuse({"--check", "--context", "http"}), "server or location"));
}

TEST_CASE("output: format, colour and cap") {
  CHECK(parse({"--check", "--format", "short"}).options.print.format == config::Format::brief);
  CHECK(parse({"--check", "--format=json"}).options.print.format == config::Format::json);
  CHECK(parse({"--check", "--format=github"}).options.print.format == config::Format::github);
  CHECK(parse({"--color", "always"}).options.print.color);
  CHECK_FALSE(parse({"--color=always", "--no-color"}).options.print.color);
  CHECK(parse({"--max-errors", "7"}).options.print.max_errors == 7);
  CHECK(parse({}).options.print.max_errors == config::Diagnostics::default_cap);
  for (const char* bad : {"0", "x", "7x", "-1"}) CHECK(has(misuse({"--max-errors", bad}), "--max-errors"));
  CHECK(has(misuse({"--format", "jsn"}), "did you mean json?"));
}

TEST_CASE("NO_COLOR is honoured, an explicit always wins") {
  setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(parse({"--color=auto"}).options.print.color);
  CHECK(parse({"--color=always"}).options.print.color);
  unsetenv("NO_COLOR");
}

TEST_CASE("route takes a method and a URL, in one word or two, and fields") {
  const Parsed p = parse({"route", "GET", "http://a/b", "-H", "X-A: 1", "-H", "Host: b", "-c", "x.conf"});
  REQUIRE(p.good);
  CHECK(p.options.command == Command::route);
  CHECK(p.options.request == std::vector<std::string>{"GET", "http://a/b"});
  CHECK(p.options.headers == std::vector<std::string>{"X-A: 1", "Host: b"});
  CHECK(p.options.config_file.ends_with("/x.conf"));
  CHECK(parse({"route", "POST /a?b=c d"}).options.request == std::vector<std::string>{"POST", "/a?b=c d"});
  CHECK(has(misuse({"route"}), "which request?"));
  CHECK(has(misuse({"route", "/a"}), "a method and a URL"));
}

TEST_CASE("explain needs a word, and options may follow a command") {
  const Parsed p = parse({"explain", "E0101"});
  REQUIRE(p.good);
  CHECK(p.options.command == Command::explain);
  CHECK(p.options.subject == "E0101");
  CHECK(parse({"explain", "$host"}).options.subject == "$host");
  CHECK(has(misuse({"explain"}), "explain what?"));
  CHECK(parse({"dump", "-c", "/a/b.conf"}).options.config_file == "/a/b.conf");
}

TEST_CASE("what is not known gets the nearest name") {
  CHECK(has(misuse({"--chek"}), "unknown option --chek\n  did you mean --check?"));
  CHECK(has(misuse({"--frmat", "short"}), "did you mean --format?"));
  CHECK(has(misuse({"explan", "E0101"}), "unknown command explan\n  did you mean explain?"));
  CHECK(has(misuse({"explan"}), "did you mean explain?"));
  CHECK_FALSE(has(misuse({"-Z"}), "did you mean"));
  CHECK(has(misuse({"-c"}), "needs a value"));
  CHECK(has(misuse({"--nothing-like-it"}), "see gatehouse --help"));
}

TEST_CASE("help starts with examples and names every long option") {
  const std::string help = run::help_text();
  CHECK(help.find("gatehouse -c gateway.conf") < help.find("Options"));
  for (const char* name : {"--config", "--prefix", "--check", "--format", "--context", "--deny-warnings",
                           "--max-errors", "--color", "--no-color", "--version", "--help"}) {
    CHECK_MESSAGE(has(help, name), name);
  }
}
