#include "run/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "config/suggest.h"

namespace gh::run {

namespace {

std::string absolute_folder(const std::string& path) {
  std::string folder = std::filesystem::absolute(path).lexically_normal().string();
  if (!folder.ends_with('/')) folder += '/';
  return folder;
}

bool want_color(const std::string& when) {
  if (when == "always") return true;
  if (when == "never" || std::getenv("NO_COLOR") != nullptr) return false;
  return ::isatty(STDERR_FILENO) == 1;
}

const std::vector<std::string> long_options = {
    "--check", "--config", "--prefix", "--format", "--deny-warnings", "--max-errors", "--color", "--no-color",
    "--context", "--version", "--help"};

/// CLI11 has no "did you mean": the nearest long option or sub-command of what it did not know.
std::string suggestion(int argc, const char* const* argv) {
  std::vector<std::string> known = long_options;
  known.insert(known.end(), {"dump", "explain"});
  for (int i = 1; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (word.size() < 3 || std::find(known.begin(), known.end(), word) != known.end()) continue;
    std::size_t best = 3;
    std::string nearest;
    for (const std::string& name : known) {
      const std::size_t distance = config::edit_distance(word, name, 2);
      if (distance < best) best = distance, nearest = name;
    }
    if (!nearest.empty()) return "\n  did you mean " + nearest + "?";
  }
  return {};
}

struct Flags {
  bool test = false, text = false, check = false, version = false, long_version = false, no_color = false;
  std::string check_level, format = "text", color = "auto";
  bool help = false;
};

void add_options(CLI::App& app, Options& o, Flags& f) {
  app.set_help_flag();
  app.add_flag("-h,--help,-?", f.help);
  app.add_option("-c,--config", o.config_file);
  app.add_option("-p,--prefix", o.prefix);
  app.add_option("-e", o.error_log);
  app.add_option("-g", o.globals);
  app.add_option("-s", o.signal)->check(CLI::IsMember({"reload", "reopen", "quit", "stop"}));
  app.add_flag("-t", f.test);
  app.add_flag("-T", f.text);
  app.add_flag("-q", o.quiet);
  app.add_flag("-v,--version", f.version);
  app.add_flag("-V", f.long_version);
  app.add_flag("--check{full}", f.check_level)->expected(0, 1);
  app.add_option("--format", f.format)->check(CLI::IsMember({"text", "short", "json", "github"}));
  app.add_flag("--deny-warnings", o.deny_warnings);
  app.add_option("--max-errors", o.print.max_errors)->check(CLI::PositiveNumber);
  app.add_option("--color", f.color)->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("--no-color", f.no_color);
  app.add_option("--context", o.fragment)->check(CLI::IsMember({"server", "location"}));
}

}  // namespace

bool parse_options(int argc, const char* const* argv, Options& options, std::string& message) {
  CLI::App app("gatehouse");
  Flags flags;
  // `-?` and `--check[=LEVEL]` are told apart here: the library would let the latter swallow the next word.
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-?") flags.help = true;
    else if (word == "--check") flags.check = true;
    else if (word == "--check=offline") flags.check = options.offline = true;
    else if (word == "--check=full") flags.check = true;
    else words.push_back(word);
  }
  app.set_help_flag();
  add_options(app, options, flags);
  CLI::App* dump = app.add_subcommand("dump");
  CLI::App* explain = app.add_subcommand("explain");
  for (CLI::App* sub : {dump, explain}) {
    sub->set_help_flag();
    sub->fallthrough();
  }
  explain->add_option("WHAT", options.subject)->required();
  app.require_subcommand(0, 1);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    message = std::string(error.what()) + suggestion(argc, argv) + "\n  see gatehouse --help";
    return false;
  }
  if (flags.help) options.command = Command::help;
  else if (flags.version || flags.long_version) options.command = Command::version;
  else if (explain->parsed()) options.command = Command::explain;
  else if (dump->parsed()) options.command = Command::dump;
  else if (!options.signal.empty()) options.command = Command::signal;
  else if (flags.text) options.command = Command::dump_text;
  else if (flags.check) options.command = Command::check;
  else if (flags.test) options.command = Command::test;
  options.configure_text = flags.long_version;
  options.print.color = want_color(flags.no_color ? "never" : flags.color);
  if (flags.format == "short") options.print.format = config::Format::brief;
  else if (flags.format == "json") options.print.format = config::Format::json;
  else if (flags.format == "github") options.print.format = config::Format::github;
  const bool has_prefix = !options.prefix.empty();
  if (has_prefix) {
    options.prefix = absolute_folder(options.prefix);
    if (!options.config_file.starts_with('/')) options.config_file = options.prefix + options.config_file;
  } else {
    const std::filesystem::path folder = std::filesystem::path(options.config_file).parent_path();
    options.prefix = absolute_folder(folder.empty() ? "." : folder.string());
  }
  if (!options.error_log.empty() && options.error_log != "stderr" && !options.error_log.starts_with('/')) {
    options.error_log = (has_prefix ? options.prefix : absolute_folder(".")) + options.error_log;
  }
  return true;
}

std::string help_text() {
  return R"(gatehouse: an API gateway and reverse proxy

  gatehouse -c gateway.conf                 run in the foreground
  gatehouse --check -c gateway.conf         check the configuration: all that is wrong, in one run
  gatehouse -s reload -c gateway.conf       reload the running gateway and wait for the outcome
  gatehouse dump -c gateway.conf            print the compiled routing table as JSON
  gatehouse explain E0201                   what a diagnostic, a directive or a variable means

Options
  -c, --config FILE     configuration file (default /etc/gatehouse/gateway.conf)
  -p, --prefix FOLDER   what relative paths start from (default: the folder of the configuration file)
  -e FILE               error log until the configuration names another (default: standard error)
  -g DIRECTIVES         directives put before the configuration file
  -t                    check the configuration as a start would, without lints
  -T                    -t, and print every file that was read
  -s SIGNAL             reload | reopen | quit | stop: tell the running gateway and wait for the outcome
  -q                    print nothing but errors
  -v, --version         print the version;  -V  with the libraries it was built with
  --check[=offline]     compile and lint; offline: files that are not here are warnings
  --format FORMAT       text | short | json | github
  --context BLOCK       server | location: check a fragment that belongs inside such a block
  --deny-warnings       warnings make the exit code 1
  --max-errors N        stop printing after N errors (default 50)
  --color WHEN          auto | always | never;  --no-color and NO_COLOR do the same
  -h, -?, --help        this text

Exit codes: 0 good, 1 errors, 2 wrong use, 3 the configuration cannot be read
Signals: HUP reload, USR1 reopen logs, QUIT finish what is under way and exit, TERM and INT exit at once
)";
}

}  // namespace gh::run
