#include "policy/openapi_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "json/path.h"
#include "policy/codes.h"
#include "policy/openapi_text.h"
#include "table/build.h"

namespace gh::policy {

namespace {

using json::Value;
using Kind = table::RoutePath::Kind;
using In = ApiParameter::In;

constexpr json::Limits limits{.bytes = 4 * 1024 * 1024, .depth = 128, .values = 500'000};
constexpr unsigned most_references = 16;
constexpr std::size_t most_subschemas = 200'000;

constexpr std::array<std::pair<std::string_view, http::Method>, 8> methods{{
    {"get", http::Method::get}, {"head", http::Method::head}, {"post", http::Method::post},
    {"put", http::Method::put}, {"delete", http::Method::delete_}, {"options", http::Method::options},
    {"trace", http::Method::trace}, {"patch", http::Method::patch}}};

/// A value and where it stands in the document.
struct Place {
  Value value;
  std::string pointer;
  [[nodiscard]] Place at(std::string_view name) const {
    Place inner{value.find(name), pointer};
    json::append_pointer(inner.pointer, name);
    return inner;
  }
  [[nodiscard]] Place at(std::size_t index) const {
    Place inner{value.at(index), pointer};
    json::append_pointer(inner.pointer, index);
    return inner;
  }
  [[nodiscard]] std::string_view text(std::string_view name) const { return value.find(name).text(); }
};

class Reader {
 public:
  Reader(table::Scope& scope, const ApiReading& reading) : scope_(scope), file_(reading.file), reading_(reading) {}

  std::unique_ptr<ApiDocument> read() {
    if (!open() || !take_text(ApiSide::requests)) return nullptr;
    const Place root{text_.document->root(), ""};
    base_ = reading_.base ? std::string(reading_.base->text) : base_of(root);
    const Place paths = root.at("paths");
    for (const Value::Member path : paths.value.members()) {
      if (!path.name.starts_with("x-")) read_path(path, resolved(paths.at(path.name)));
    }
    if (specs_.empty() && !failed_) report(root.value, "there is no operation in it");
    std::vector<table::RouteTree::Tie> ties;
    api_->paths = table::RouteTree::build(specs_, &ties);
    if (!ties.empty()) report(paths.value, "two of its paths fit the same requests");
    if (reading_.with_answers && !failed_) {
      if (!text_.is_3_0 || take_text(ApiSide::answers)) read_all_answers();
    }
    return failed_ ? nullptr : std::move(api_);
  }

 private:
  bool open() {
    const auto source = scope_.builder.loaded.sources.read(std::string(file_.text), file_.span);
    if (!source) {
      scope_.error(code::bad_openapi, file_.span, "the document cannot be read: " + source.error().text)
          .with_help("relative paths start at the folder of the main configuration file");
      return false;
    }
    source_ = *source;
    return true;
  }

  /// From here on values are those of the text for this side; both have the same pointers.
  bool take_text(ApiSide side) {
    auto text = read_openapi(scope_.builder.loaded.sources.file(source_).text, limits, side);
    if (!text) {
      report_at(text.error().offset, text.error().text);
      return false;
    }
    text_ = std::move(*text);
    json::SchemaOptions options;
    options.limits = limits;
    options.most_nodes = most_subschemas;
    options.asserts_format = true;
    options.dialect = text_.is_3_0 ? json::Dialect::draft7 : json::Dialect::draft2020_12;
    options.annotations = text_.extensions;
    for (const char* word : {"nullable", "discriminator", "xml", "externalDocs", "example", "deprecated"}) {
      options.annotations.emplace_back(word);
    }
    schemas_ = std::make_unique<json::SchemaGroup>(text_.document, std::move(options));
    return true;
  }

  void report_at(std::size_t offset, const std::string& what) {
    failed_ = true;
    const std::size_t size = scope_.builder.loaded.sources.file(source_).text.size();
    const auto begin = static_cast<std::uint32_t>(std::min(offset, size));
    const config::Span at{source_, begin, static_cast<std::uint32_t>(std::min<std::size_t>(begin + 1, size))};
    scope_.error(code::bad_openapi, at, "not taken as OpenAPI: " + what)
        .with_related(file_.span, "named here")
        .with_help("OpenAPI 3.0 or 3.1 in one file; what could not be held to is an error, not passed over");
  }

  void report(Value where, const std::string& what) {
    const std::string_view raw = where.raw();
    report_at(raw.empty() ? 0 : text_.source_of(static_cast<std::size_t>(raw.data() - text_.document->text().data())),
              what);
  }

  Place resolved(Place place) {
    for (unsigned i = 0; i < most_references && place.value.find("$ref"); ++i) {
      const Value reference = place.value.find("$ref");
      const std::string_view to = reference.text();
      const Value found = to.starts_with('#') ? json::find_pointer(text_.document->root(), to.substr(1)) : Value();
      if (!found) {
        report(reference, "this leads nowhere: \"" + printable(to) + "\"");
        return {};
      }
      place = {found, std::string(to.substr(1))};
    }
    return place;
  }

  /// The path of the first server's URL.
  std::string base_of(const Place& root) {
    const Value url = root.value.find("servers").at(0).find("url");
    std::string_view text = url.text();
    const std::size_t slashes = text.find("://");
    if (slashes != std::string_view::npos) {
      const std::size_t path = text.find('/', slashes + 3);
      text = path == std::string_view::npos ? std::string_view() : text.substr(path);
    }
    while (text.ends_with('/')) text.remove_suffix(1);
    if (text.find('{') == std::string_view::npos) return std::string(text);
    report(url, "the path of this server is not fixed: say it with `base=`");
    return {};
  }

  /// "/items/{id}"; `names` get those of its parameters, in order.
  bool read_template(std::string_view text, Value where, table::RoutePath& path, std::vector<std::string>& names) {
    const std::string whole = base_ + std::string(text);
    if (!text.starts_with('/') || !whole.starts_with('/')) {
      report(where, "`" + printable(whole) + "`: a path begins with `/`");
      return false;
    }
    for (const std::string_view part : split(std::string_view(whole).substr(1), '/')) {
      const bool is_parameter = part.size() > 2 && part.starts_with('{') && part.ends_with('}');
      const std::string_view name = is_parameter ? part.substr(1, part.size() - 2) : part;
      if (name.find_first_of("{}") != std::string_view::npos) {
        report(where, "`" + printable(part) + "`: a parameter is a whole part between slashes here");
        return false;
      }
      path.segments.push_back({is_parameter ? Kind::parameter : Kind::literal, std::string(name)});
      if (is_parameter) names.emplace_back(name);
    }
    if (names.size() <= table::max_route_parameters && path.segments.size() <= table::max_route_segments) return true;
    report(where, "a path of too many parts");
    return false;
  }

  void read_path(const Value::Member& name, const Place& item) {
    table::RoutePath path;
    std::vector<std::string> names;
    if (!item.value || !read_template(name.name, name.key(), path, names)) return;
    const bool has_head = static_cast<bool>(item.value.find("head"));
    for (const auto& [word, method] : methods) {
      const Place operation = item.at(word);
      if (!operation.value) continue;
      std::uint32_t bits = table::method_bit(method);
      if (method == http::Method::get && !has_head) bits |= table::method_bit(http::Method::head);
      specs_.push_back({path, bits, false, false, static_cast<std::uint32_t>(api_->operations.size())});
      api_->operations.push_back(read_operation(item, operation, names));
      api_->operations.back().name = fmt::format("{} {}{}", http::method_name(method), base_, name.name);
      pointers_.push_back(operation.pointer);
    }
  }

  ApiOperation read_operation(const Place& item, const Place& operation, const std::vector<std::string>& names) {
    ApiOperation out;
    read_parameters(operation.at("parameters"), names, out.parameters);  // before those of the path, which they replace
    read_parameters(item.at("parameters"), names, out.parameters);
    for (const std::string& name : names) {
      const bool is_there = std::any_of(out.parameters.begin(), out.parameters.end(), [&](const ApiParameter& p) {
        return p.in == In::path && p.name == name;
      });
      if (!is_there) report(operation.value, "the parameter `" + printable(name) + "` of the path is not described");
    }
    if (operation.value.find("requestBody")) read_body(resolved(operation.at("requestBody")), out);
    return out;
  }

  void read_parameters(const Place& list, const std::vector<std::string>& names, std::vector<ApiParameter>& out) {
    for (std::size_t i = 0; i < list.value.size(); ++i) {
      const Place place = resolved(list.at(i));
      ApiParameter parameter;
      if (!place.value || !read_parameter(place, names, parameter)) continue;
      const bool is_known = std::any_of(out.begin(), out.end(), [&](const ApiParameter& p) {
        return p.in == parameter.in && p.name == parameter.name;
      });
      if (!is_known) out.push_back(std::move(parameter));
    }
  }

  bool read_parameter(const Place& place, const std::vector<std::string>& names, ApiParameter& out) {
    const std::string_view in = place.text("in");
    out.name = place.text("name");
    out.is_required = place.value.find("required").as_bool().value_or(false);
    if (in == "path") out.in = In::path;
    else if (in == "header") out.in = In::header;
    else if (in == "cookie") out.in = In::cookie;
    else if (in != "query") return refuse(place, "a parameter is in path, query, header or cookie");
    if (out.in == In::path) {
      const auto at = std::find(names.begin(), names.end(), out.name);
      if (at == names.end()) return refuse(place, "the path has no parameter `" + printable(out.name) + "`");
      out.position = static_cast<std::uint32_t>(at - names.begin());
    }
    const bool is_form = out.in == In::query || out.in == In::cookie;
    const std::string_view style = place.text("style");
    if (!style.empty() && style != (is_form ? "form" : "simple")) return refuse(place, "this style is not known here");
    out.splits = !is_form || !place.value.find("explode").as_bool().value_or(true);
    if (place.value.find("content")) return refuse(place, "a parameter with `content` is not known here");
    const Place schema = place.at("schema");
    if (!schema.value) return true;
    out.types = value_types(text_.document->root(), schema.value);
    if (out.types.object) return refuse(place, "a parameter that is an object is not known here");
    out.schema = compile(schema);
    return true;
  }

  bool refuse(const Place& place, const std::string& what) {
    report(place.value, what);
    return false;
  }

  void read_body(const Place& body, ApiOperation& out) {
    out.needs_body = body.value.find("required").as_bool().value_or(false);
    read_content(body.at("content"), out.media);
  }

  void read_content(const Place& content, std::vector<ApiMedia>& out) {
    for (const Value::Member member : content.value.members()) {
      ApiMedia media;
      media.type = to_lower(trim(member.name.substr(0, member.name.find(';'))));
      const Place schema = content.at(member.name).at("schema");
      if (schema.value && (is_json_type(media.type) || media.type.ends_with("/*"))) media.rule.schema = compile(schema);
      out.push_back(std::move(media));
    }
  }

  void read_all_answers() {
    for (std::size_t i = 0; i < pointers_.size(); ++i) {
      const Place operation{json::find_pointer(text_.document->root(), pointers_[i]), pointers_[i]};
      read_answers(operation.at("responses"), api_->operations[i]);
    }
  }

  void read_answers(const Place& answers, ApiOperation& out) {
    for (const Value::Member member : answers.value.members()) {
      ApiAnswer answer;
      if (member.name.starts_with("x-")) continue;
      if (!read_statuses(member.name, answer)) {
        report(member.key(), "`" + printable(member.name) + "`: no status, as 200, 2XX or `default`");
        continue;
      }
      const Place place = resolved(answers.at(member.name));
      if (place.value) read_content(place.at("content"), answer.media);
      out.answers.push_back(std::move(answer));
    }
    std::stable_sort(out.answers.begin(), out.answers.end(), [](const ApiAnswer& a, const ApiAnswer& b) {
      return a.last - a.first < b.last - b.first;
    });
    if (!out.answers.empty()) out.report = std::make_shared<ApiAnswerReport>(out.name, std::string(file_.text));
  }

  static bool read_statuses(std::string_view text, ApiAnswer& out) {
    if (text == "default") return true;
    if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
    const unsigned hundred = static_cast<unsigned>(text[0] - '0') * 100;
    if (iequals(text.substr(1), "xx")) {
      out.first = hundred;
      out.last = hundred + 99;
      return true;
    }
    if (!is_digit(text[1]) || !is_digit(text[2])) return false;
    out.first = out.last = hundred + static_cast<unsigned>(text[1] - '0') * 10 + static_cast<unsigned>(text[2] - '0');
    return true;
  }

  std::shared_ptr<const json::Schema> compile(const Place& place) {
    auto schema = schemas_->add(place.pointer);
    if (schema) return std::make_shared<const json::Schema>(std::move(*schema));
    report_at(text_.source_of(schema.error().offset), schema.error().text);
    return nullptr;
  }

  table::Scope& scope_;
  const config::Value& file_;
  const ApiReading& reading_;
  std::uint32_t source_ = 0;
  OpenApiText text_;
  std::unique_ptr<json::SchemaGroup> schemas_;
  std::string base_;
  std::vector<table::RouteSpec> specs_;
  std::vector<std::string> pointers_;  // of the operations
  std::unique_ptr<ApiDocument> api_ = std::make_unique<ApiDocument>();
  bool failed_ = false;
};

}  // namespace

const ApiMedia* find_media(const std::vector<ApiMedia>& media, std::string_view content_type) {
  const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
  const std::string any_of_kind = type.substr(0, type.find('/')) + "/*";
  for (const std::string& wanted : {type, any_of_kind, std::string("*/*")}) {
    for (const ApiMedia& each : media) {
      if (each.type == wanted) return &each;
    }
  }
  return nullptr;
}

std::unique_ptr<ApiDocument> load_api(table::Scope& scope, const ApiReading& reading) {
  return Reader(scope, reading).read();
}

}  // namespace gh::policy
