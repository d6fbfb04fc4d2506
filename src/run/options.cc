#include "run/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
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

const std::vector<std::string> known_words = {"--check",      "--config", "--prefix",   "--format",  "--deny-warnings",
                                              "--max-errors", "--color",  "--no-color", "--context", "--version",
                                              "--help",       "dump",     "explain",  "route"};

/// CLI11 has no "did you mean". Empty when nothing is near.
std::string nearest(const std::string& word, const std::vector<std::string>& words) {
  std::size_t best = 3;
  std::string found;
  for (const std::string& each : words) {
    const std::size_t distance = config::edit_distance(word, each, 2);
    if (distance < best) best = distance, found = each;
  }
  return found.empty() ? found : "\n  did you mean " + found + "?";
}

struct Flags {
  bool test = false, text = false, check = false, version = false, long_version = false, no_color = false, help = false;
  std::string check_level = "on", format = "text", color = "auto", max_errors, file;
};

/// Options that take one of a few words. Checked here and not by the library, for the sake of the messages.
struct Choice {
  const char* option;
  const std::string* value;
  std::vector<std::string> words;
};

bool check_choices(const std::vector<Choice>& choices, std::string& message) {
  for (const Choice& choice : choices) {
    if (choice.value->empty() ||
        std::find(choice.words.begin(), choice.words.end(), *choice.value) != choice.words.end()) {
      continue;
    }
    message = std::string(choice.option) + " takes ";
    for (std::size_t i = 0; i < choice.words.size(); ++i) {
      if (i > 0) message += i + 1 == choice.words.size() ? " or " : ", ";
      message += choice.words[i];
    }
    message += ", not `" + *choice.value + "`" + nearest(*choice.value, choice.words);
    return false;
  }
  return true;
}

bool read_count(const std::string& text, std::size_t& count, std::string& message) {
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end == text.data() + text.size() && count > 0) return true;
  message = "--max-errors takes a number from 1, not `" + text + "`";
  return false;
}

void add_options(CLI::App& app, Options& o, Flags& f) {
  app.set_help_flag();
  app.add_flag("-h,--help", f.help);
  app.add_option("-c,--config", o.config_file);
  app.add_option("-p,--prefix", o.prefix);
  app.add_option("-e", o.error_log);
  app.add_option("-g", o.globals);
  app.add_option("-s", o.signal);
  app.add_flag("-t", f.test);
  app.add_flag("-T", f.text);
  app.add_flag("-q", o.quiet);
  app.add_flag("-v,--version", f.version);
  app.add_flag("-V", f.long_version);
  app.add_option("--format", f.format);
  app.add_flag("--deny-warnings", o.deny_warnings);
  app.add_option("--max-errors", f.max_errors);
  app.add_option("--color", f.color);
  app.add_flag("--no-color", f.no_color);
  app.add_option("--context", o.fragment);
  app.add_option("FILE", f.file);
}

/// `-?` and `--check[=LEVEL]` are told apart here: the library would let the latter swallow the next word. Reversed, as
/// CLI11 wants them.
std::vector<std::string> words_of(int argc, const char* const* argv, Flags& flags) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-?")
      flags.help = true;
    else if (word == "--check")
      flags.check = true;
    else if (word.starts_with("--check="))
      flags.check = true, flags.check_level = word.substr(8);
    else
      words.push_back(word);
  }
  std::reverse(words.begin(), words.end());
  return words;
}

std::string unknown_word(const std::string& word) {
  if (word.starts_with('-')) return "unknown option " + word + nearest(word, known_words);
  if (std::error_code none; std::filesystem::is_regular_file(word, none)) {
    return "unknown command " + word + "\n  a configuration file is named by -c: gatehouse -c " + word;
  }
  return "unknown command " + word + nearest(word, known_words);
}

/// What the library did not like, in our words.
std::string misuse(const CLI::App& app, const CLI::ParseError& error, const Flags& flags) {
  std::vector<std::string> left = app.remaining(true);
  const int kind = error.get_exit_code();  // its name is the program's where arguments are left over
  if (kind == static_cast<int>(CLI::ExitCodes::ExtrasError) && !left.empty()) {
    // What stands as FILE came first: it is the word that was meant as a command.
    const auto option = std::find_if(left.begin(), left.end(), [](const auto& w) { return w.starts_with('-'); });
    return unknown_word(option != left.end() ? *option : flags.file.empty() ? left.front() : flags.file);
  }
  const std::string text = error.what();
  if (kind == static_cast<int>(CLI::ExitCodes::ArgumentMismatch))
    return text.substr(0, text.find(':')) + " needs a value";
  if (kind == static_cast<int>(CLI::ExitCodes::RequiredError)) {
    if (text.starts_with("REQUEST")) return "which request? gatehouse route GET http://localhost:8080/path";
    return "explain what? A diagnostic code, a directive or a variable: gatehouse explain E0201";
  }
  return text;
}

void resolve_paths(Options& options) {
  const bool has_prefix = !options.prefix.empty();
  if (has_prefix) {
    options.prefix = absolute_folder(options.prefix);
    if (!options.config_file.starts_with('/')) options.config_file = options.prefix + options.config_file;
  } else {
    options.config_file = std::filesystem::absolute(options.config_file).lexically_normal().string();
    options.prefix = absolute_folder(std::filesystem::path(options.config_file).parent_path().string());
  }
  if (!options.error_log.empty() && options.error_log != "stderr" && !options.error_log.starts_with('/')) {
    options.error_log = (has_prefix ? options.prefix : absolute_folder(".")) + options.error_log;
  }
}

Command command_of(const Flags& flags, const Options& options, const CLI::App& app) {
  if (flags.help) return Command::help;
  if (flags.version || flags.long_version) return Command::version;
  if (app.got_subcommand("explain")) return Command::explain;
  if (app.got_subcommand("dump")) return Command::dump;
  if (app.got_subcommand("route")) return Command::route;
  if (!options.signal.empty()) return Command::signal;
  if (flags.text) return Command::dump_text;
  if (flags.check) return Command::check;
  return flags.test ? Command::test : Command::serve;
}

/// `route 'GET /path'` is `route GET /path`.
bool check_request(Options& options, std::string& message) {
  if (options.command != Command::route || options.request.size() == 2) return true;
  const std::string whole = options.request.front();
  const std::size_t blank = whole.find(' ');
  if (blank == std::string::npos) {
    message = "route takes a method and a URL: gatehouse route GET http://localhost:8080/path";
    return false;
  }
  options.request = {whole.substr(0, blank), whole.substr(blank + 1)};
  return true;
}

/// After the library: words checked against each other, options made from flags.
bool finish(const Flags& flags, Options& options, std::string& message) {
  const std::vector<Choice> choices = {{"-s", &options.signal, {"reload", "reopen", "quit", "stop", "log"}},
                                       {"--check", &flags.check_level, {"on", "full"}},
                                       {"--format", &flags.format, {"text", "short", "json", "github"}},
                                       {"--color", &flags.color, {"auto", "always", "never"}},
                                       {"--context", &options.fragment, {"server", "location"}}};
  if (!check_choices(choices, message) || !read_count(flags.max_errors, options.print.max_errors, message))
    return false;
  const Command command = options.command;
  const bool looks = command == Command::check || command == Command::test || command == Command::dump_text;
  if (!flags.file.empty()) {
    if (!looks && command != Command::dump && command != Command::help && command != Command::version) {
      message = unknown_word(flags.file);
      return false;
    }
    options.config_file = flags.file;
  }
  if (!options.fragment.empty() && !looks) {
    message = "--context goes with --check: a fragment cannot be run";
    return false;
  }
  options.full = flags.check_level == "full";
  options.configure_text = flags.long_version;
  options.print.color = want_color(flags.no_color ? "never" : flags.color);
  if (flags.format == "short")
    options.print.format = config::Format::brief;
  else if (flags.format == "json")
    options.print.format = config::Format::json;
  else if (flags.format == "github")
    options.print.format = config::Format::github;
  resolve_paths(options);
  return true;
}

}  // namespace

bool parse_options(int argc, const char* const* argv, Options& options, std::string& message) {
  CLI::App app("gatehouse");
  Flags flags;
  add_options(app, options, flags);
  CLI::App* dump = app.add_subcommand("dump");
  CLI::App* explain = app.add_subcommand("explain");
  CLI::App* route = app.add_subcommand("route");
  for (CLI::App* sub : {dump, explain, route}) {
    sub->set_help_flag();
    sub->fallthrough();
  }
  explain->add_option("WHAT", options.subject)->required();
  route->add_option("REQUEST", options.request)->required()->expected(1, 2);
  route->add_option("-H,--header", options.headers)->allow_extra_args(false);
  app.require_subcommand(0, 1);
  std::vector<std::string> words = words_of(argc, argv, flags);
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    if (flags.help) {  // a question for help is answered whatever else stands there
      options.command = Command::help;
      return true;
    }
    message = misuse(app, error, flags) + "\n  see gatehouse --help";
    return false;
  }
  options.command = command_of(flags, options, app);
  if (finish(flags, options, message) && check_request(options, message)) return true;
  message += "\n  see gatehouse --help";
  return false;
}

std::string help_text() {
  return R"(gatehouse: an API gateway and reverse proxy

  gatehouse -c gateway.conf                 run in the foreground
  gatehouse --check -c gateway.conf         check the configuration: all that is wrong, in one run
  gatehouse -s reload -c gateway.conf       reload the running gateway and wait for the outcome
  gatehouse dump -c gateway.conf            print the compiled routing table as JSON
  gatehouse route GET http://host/path -c gateway.conf
                                            where a request would go, and why
  gatehouse explain E0201                   what a diagnostic, a directive or a variable means

Options
  -c, --config FILE     configuration file (default /etc/gatehouse/gateway.conf)
  -p, --prefix FOLDER   what relative paths start from (default: the folder of the configuration file)
  -e FILE               error log until the configuration names another (default: standard error)
  -g DIRECTIVES         directives put before the configuration file
  -t                    check the configuration as a start would, without lints
  -T                    -t, and print every file that was read
  -s SIGNAL             reload | reopen | quit | stop: tell the running gateway and wait for the outcome;
                        log: print what it keeps in memory (error_log memory:SIZE)
  -q                    print nothing but errors
  -v, --version         print the version;  -V  with the libraries it was built with
  --check[=full] [FILE] say all that is wrong; full: also ports in use and names that do not resolve
  --format FORMAT       text | short | json | github
  -H 'NAME: VALUE'      of route: a field of the request
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
