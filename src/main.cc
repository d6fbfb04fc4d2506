// gatehouse: options in, exit code out.
#include <cstdio>

#include "directives/directives.h"
#include "run/control.h"
#include "run/gate.h"
#include "run/language.h"
#include "run/options.h"
#include "run/process.h"

int main(int argc, char** argv) {
  using namespace gh;
  run::set_language({directives::language(), directives::all_modules()});
  run::Options options;
  std::string message;
  if (!run::parse_options(argc, argv, options, message)) {
    std::fprintf(stderr, "gatehouse: %s\n", message.c_str());
    return run::exit_usage;
  }
  switch (options.command) {
    case run::Command::help:
      std::fputs(run::help_text().c_str(), stdout);
      return run::exit_ok;
    case run::Command::version:
      std::fputs(run::version_text(options.configure_text).c_str(), stderr);
      return run::exit_ok;
    case run::Command::check:
    case run::Command::test:
      return run::run_check(options);
    case run::Command::dump_text:
      return run::run_dump_text(options);
    case run::Command::dump:
      return run::run_dump(options);
    case run::Command::route:
      return run::run_route(options);
    case run::Command::explain:
      return run::run_explain(options);
    case run::Command::signal:
      return run::send_command(options);
    case run::Command::serve:
      break;
  }
  return run::serve(options);
}
