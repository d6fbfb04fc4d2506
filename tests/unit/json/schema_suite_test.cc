// The JSON Schema organisation's test suite, draft 7 and 2020-12, as Debian's libtest-json-schema-acceptance-perl has it
// (json-schema-test-suite of Debian 12 is older than that dialect); GH_JSON_SCHEMA_SUITE names the folder of another. What
// the suite calls optional runs as well; what of it is not served is listed here.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "json/schema.h"

using namespace gh::json;
namespace fs = std::filesystem;

namespace {

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

struct Tally {
  int held = 0, cases = 0;
  std::vector<std::string> wrong;
};

SchemaOptions options_for(const fs::path& suite, Dialect dialect, bool is_format) {
  SchemaOptions options;
  options.dialect = dialect;
  options.ignores_unknown = true;  // the suite says what must happen to them
  options.asserts_format = is_format;
  options.load = [suite](std::string_view uri) -> std::optional<std::string> {
    constexpr std::string_view server = "http://localhost:1234/";
    if (!uri.starts_with(server)) return std::nullopt;
    return read_file(suite / "remotes" / uri.substr(server.size()));
  };
  return options;
}

void run_file(const fs::path& file, const std::string& name, const SchemaOptions& options, Tally& tally) {
  const auto text = read_file(file);
  REQUIRE(text);
  const auto document = Document::parse(*text, {.bytes = 10'000'000, .depth = 200, .values = 1'000'000});
  REQUIRE_MESSAGE(document.has_value(), name);
  for (const Value group : document->root().elements()) {
    const auto schema = Schema::compile(group.find("schema").raw(), options);
    for (const Value test : group.find("tests").elements()) {
      ++tally.cases;
      const std::string title = name + ": " + std::string(group.find("description").text()) + ": " +
                                std::string(test.find("description").text());
      if (!schema) {
        tally.wrong.push_back(title + " [" + schema.error().text + "]");
        continue;
      }
      const auto data = Document::parse(test.find("data").raw());
      REQUIRE_MESSAGE(data.has_value(), title);
      const SchemaVerdict verdict = schema->validate(data->root());
      const bool is_wanted = *test.find("valid").as_bool();
      CHECK((verdict.outcome == SchemaVerdict::Outcome::invalid) == !verdict.failures.empty());
      if (static_cast<bool>(verdict) == is_wanted) {
        ++tally.held;
      } else {
        tally.wrong.push_back(title);
      }
    }
  }
}

Tally run_folder(const fs::path& suite, const std::string& draft, const std::string& below, Dialect dialect) {
  Tally tally;
  std::vector<fs::path> files;
  if (!fs::is_directory(suite / "tests" / draft / below)) return tally;
  for (const auto& entry : fs::directory_iterator(suite / "tests" / draft / below)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  const SchemaOptions options = options_for(suite, dialect, below == "optional/format");
  for (const fs::path& file : files) run_file(file, (below.empty() ? "" : below + "/") + file.stem().string(), options, tally);
  return tally;
}

/// What is not served, of the optional part: contents are not decoded, formats of international names and of templates
/// are annotations, and other dialects are refused at load.
bool is_not_served(const std::string& title) {
  constexpr std::string_view beginnings[] = {
      "optional/content: ", "optional/cross-draft: ", "optional/format/idn-email: ", "optional/format/idn-hostname: ",
      "optional/format/iri: ", "optional/format/iri-reference: ", "optional/format/uri-template: ",
      "optional/format/hostname: validation of A-label (punycode) host names: ",
      "optional/format/ecmascript-regex: ECMA 262 lookbehind is valid, including variable width: ",
      // these assert a format, while formats are annotations
      "optional/ecmascript-regex: ECMA 262 regex non-compliance: ",
      "optional/ecmascript-regex: \\a is not an ECMA 262 control escape: ",
  };
  return std::any_of(std::begin(beginnings), std::end(beginnings), [&](auto begin) { return title.starts_with(begin); });
}

void judge(const std::string& draft, const char* part, const Tally& tally) {
  std::printf("json-schema-test-suite %s %s: %d of %d cases hold\n", draft.c_str(), part, tally.held, tally.cases);
  for (const std::string& title : tally.wrong) CHECK_MESSAGE(is_not_served(title), title);
}

/// As a configuration's schema is compiled: unknown keywords are errors, and there are no documents but its own. What of
/// the mandatory part is refused so, and why.
void judge_refusals(const fs::path& suite, const std::string& draft, Dialect dialect) {
  int schemas = 0, of_keywords = 0, of_references = 0;
  for (const auto& entry : fs::directory_iterator(suite / "tests" / draft)) {
    if (entry.path().extension() != ".json") continue;
    const auto document = Document::parse(*read_file(entry.path()), {.bytes = 10'000'000, .depth = 200});
    REQUIRE(document);
    for (const Value group : document->root().elements()) {
      ++schemas;
      const auto schema = Schema::compile(group.find("schema").raw(), {.dialect = dialect});
      if (schema) continue;
      const std::string& why = schema.error().text;
      const bool is_keyword = why.starts_with("unknown keyword");
      const bool is_reference = why.find("http://localhost:1234/") != std::string::npos;
      CHECK_MESSAGE((is_keyword || is_reference), group.find("description").text(), ": ", why);
      ++(is_keyword ? of_keywords : of_references);
    }
  }
  CHECK(of_keywords + of_references < schemas / 4);
  std::printf("json-schema-test-suite %s: of %d schemas %d are refused for unknown keywords, %d for other documents\n",
              draft.c_str(), schemas, of_keywords, of_references);
}

void run_draft(const fs::path& suite, const std::string& draft, Dialect dialect) {
  REQUIRE_MESSAGE(fs::is_directory(suite / "tests" / draft), "scripts/deps installs it");
  const Tally mandatory = run_folder(suite, draft, "", dialect);
  judge(draft, "mandatory", mandatory);
  CHECK(mandatory.cases > 200);
  CHECK(mandatory.held == mandatory.cases);
  const Tally optional = run_folder(suite, draft, "optional", dialect);
  judge(draft, "optional", optional);
  const Tally format = run_folder(suite, draft, "optional/format", dialect);
  judge(draft, "optional formats", format);
  judge_refusals(suite, draft, dialect);
}

fs::path suite_folder() {
  const char* named = std::getenv("GH_JSON_SCHEMA_SUITE");
  return named ? named : "/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance";
}

}  // namespace

TEST_CASE("the test suite's draft 7") { run_draft(suite_folder(), "draft7", Dialect::draft7); }
TEST_CASE("the test suite's 2020-12") { run_draft(suite_folder(), "draft2020-12", Dialect::draft2020_12); }
