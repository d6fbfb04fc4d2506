// A configuration text becomes a table, as --check does it: no files are opened, nothing listens.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "directives/directives.h"
#include "proxy/variables.h"
#include "table/build.h"
#include "table/dump.h"

namespace gh::test {

struct Compiled {
  explicit Compiled(const std::string& text, config::Contexts top = config::in_main | config::in_http) {
    config::LoadOptions options;
    std::string file = std::filesystem::temp_directory_path() / "gatehouse-unit-XXXXXX";
    const int fd = ::mkstemp(file.data());
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(fd);
    options.main_file = file;
    options.prefix = "/nowhere/";
    options.top = top;
    const config::Language language = directives::language();
    loaded = config::load(options, language);
    ::unlink(file.c_str());
    input.modules = directives::all_modules();
    input.variables = proxy::variable_rows();
    input.slot_getter = proxy::slot_value;
    input.capture_getter = proxy::capture_value;
    input.computed_getter = proxy::computed_value;
    input.check_only = true;
    input.prefix = options.prefix;
    table = table::build(*loaded, input);
  }

  /// Is there a diagnostic "CODE ...text..." ?
  [[nodiscard]] bool says(std::string_view code, std::string_view text = {}) const {
    for (const config::Diagnostic& d : loaded->diagnostics.all()) {
      if (d.code == code && (d.message + "\n" + d.help).find(text) != std::string::npos) return true;
    }
    return false;
  }
  /// All that was said, for failures.
  [[nodiscard]] std::string all() const {
    std::string out;
    for (const config::Diagnostic& d : loaded->diagnostics.all()) out += std::string(d.code) + " " + d.message + "\n";
    return out;
  }
  [[nodiscard]] const table::Server& server(std::size_t i = 0) const {
    REQUIRE_MESSAGE(table, all());
    return *table->servers.at(i);
  }
  /// The location of a path in the first server.
  [[nodiscard]] const table::Route& at(std::string_view path) const {
    const auto hit = server().locations.find(path);
    REQUIRE(hit.route != table::LocationTree::npos);
    return *server().routes[hit.route];
  }

  std::unique_ptr<config::Loaded> loaded;
  table::BuildInput input;
  std::shared_ptr<table::Table> table;
};

/// One server with these directives.
inline std::string server_of(const std::string& body) { return "server { listen 8080; " + body + " }"; }

}  // namespace gh::test
