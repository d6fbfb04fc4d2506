#include "policy/typed_values.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/text.h"
#include "json/path.h"
#include "json/write.h"

namespace gh::policy {

namespace {

using json::Value;
using Types = ValueTypes;

constexpr unsigned most_references = 32;   // in a row, and subschemas that say what one name is
constexpr unsigned most_subschemas = 1000;
constexpr std::size_t most_digits = 64;  // longer ones stay texts

/// Behind references within the document. Others are the validator's business.
Value resolved(Value root, Value schema) {
  for (unsigned i = 0; i < most_references; ++i) {
    const Value reference = schema.find("$ref");
    if (!reference.is_text() || !reference.text().starts_with('#')) return schema;
    schema = json::find_pointer(root, reference.text().substr(1));
  }
  return {};
}

void add_type(std::string_view name, Types& types) {
  types.number = types.number || name == "integer" || name == "number";
  types.boolean = types.boolean || name == "boolean";
  types.null = types.null || name == "null";
  types.text = types.text || name == "string";
  types.array = types.array || name == "array";
  types.object = types.object || name == "object";
}

/// Values that a name may have, where no type is stated.
void add_type_of(Value value, Types& types) {
  types.number = types.number || value.is_number();
  types.boolean = types.boolean || value.kind() == json::Kind::boolean;
  types.text = types.text || value.is_text();
}

/// `left` subschemas are looked at, no more: they may lead round in circles.
void gather(Value root, Value schema, Types& types, unsigned& left) {
  if (left == 0) return;
  --left;
  schema = resolved(root, schema);
  const Value type = schema.find("type");
  if (type.is_text()) add_type(type.text(), types);
  for (const Value each : type.elements()) add_type(each.text(), types);
  for (const Value each : schema.find("enum").elements()) add_type_of(each, types);
  if (const Value constant = schema.find("const")) add_type_of(constant, types);
  for (const char* word : {"anyOf", "oneOf", "allOf"}) {
    for (const Value each : schema.find(word).elements()) gather(root, each, types, left);
  }
  if (const Value items = schema.find("items")) {
    Types of_items;
    gather(root, items, of_items, left);
    types.item_number = types.item_number || of_items.number;
    types.item_boolean = types.item_boolean || of_items.boolean;
  }
}

/// RFC 8259 6, and one that can be held: 1e999 is none.
bool is_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - from;
  };
  const bool leads_with_zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leads_with_zero && whole > 1) || text.size() > most_digits) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  double value = 0;
  return at == text.size() && std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
}

void append_value(std::string& out, std::string_view text, bool number, bool boolean, bool null) {
  const bool is_raw = (number && is_number(text)) || (boolean && (text == "true" || text == "false"));
  if (is_raw) out += text;
  else if (null && text.empty()) out += "null";
  else json::append_text(out, text);
}

void append_one(std::string& out, std::string_view text, const Types& types) {
  append_value(out, text, types.number, types.boolean, types.null);
}

void append_list(std::string& out, std::span<const std::string> texts, const Types& types) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_value(out, texts[i], types.item_number, types.item_boolean, false);
  }
  out += ']';
}

/// application/x-www-form-urlencoded. What is no escape stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

ValueTypes value_types(json::Value root, json::Value schema) {
  ValueTypes types;
  unsigned left = most_references;
  gather(root, schema, types, left);
  return types;
}

void append_typed(std::string& out, std::span<const std::string> values, const ValueTypes& types) {
  if (types.array || values.size() != 1) append_list(out, values, types);
  else append_one(out, values.front(), types);
}

bool split_query(std::string_view args, std::vector<QueryValues>& out) {
  std::size_t count = 0;
  while (!args.empty()) {
    const std::size_t end = args.find('&');
    const std::string_view pair = args.substr(0, end);
    args.remove_prefix(end == std::string_view::npos ? args.size() : end + 1);
    if (pair.empty()) continue;
    if (++count > most_query_values) return false;
    const std::size_t equals = pair.find('=');
    std::string name = decoded(pair.substr(0, equals));
    std::string value = equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
    const auto known = std::find_if(out.begin(), out.end(), [&](const QueryValues& g) { return g.name == name; });
    if (known != out.end()) known->values.push_back(std::move(value));
    else out.push_back({std::move(name), {std::move(value)}});
  }
  return true;
}

TypedValues::TypedValues(json::Value schema) {
  unsigned left = most_subschemas;
  read(schema, schema, left);
}

void TypedValues::read(json::Value root, json::Value schema, unsigned& left) {
  if (left == 0) return;
  --left;
  schema = resolved(root, schema);
  for (const json::Value::Member member : schema.find("properties").members()) {
    add(member.name, value_types(root, member.value));
  }
  for (const json::Value name : schema.find("required").elements()) add(name.text(), {});
  for (const json::Value each : schema.find("allOf").elements()) read(root, each, left);
}

void TypedValues::add(std::string_view name, const Types& types) {
  if (!find(name)) properties_.push_back({std::string(name), types});
}

const TypedValues::Property* TypedValues::find(std::string_view name) const {
  const auto found =
      std::find_if(properties_.begin(), properties_.end(), [&](const Property& p) { return p.name == name; });
  return found == properties_.end() ? nullptr : &*found;
}

bool TypedValues::query(std::string_view args, std::string& out) const {
  std::vector<QueryValues> groups;
  if (!split_query(args, groups)) return false;
  out += '{';
  for (const QueryValues& each : groups) {
    if (out.back() != '{') out += ',';
    const Property* const property = find(each.name);
    const Types types = property ? property->types : Types{};
    json::append_name(out, each.name);
    append_typed(out, each.values, types);
  }
  out += '}';
  return true;
}

void TypedValues::fields(std::span<const http::Field> fields, std::string& out) const {
  out += '{';
  for (const Property& property : properties_) {
    std::string joined;
    bool is_there = false;
    for (const http::Field& field : fields) {
      if (!iequals(field.name, property.name)) continue;
      if (is_there) joined += ", ";
      joined += field.value;
      is_there = true;
    }
    if (!is_there) continue;
    if (out.back() != '{') out += ',';
    json::append_name(out, property.name);
    if (!property.types.array) {
      append_one(out, joined, property.types);
      continue;
    }
    std::vector<std::string> items;
    std::string_view rest = joined, item;
    while (next_list_element(rest, item)) items.emplace_back(item);
    append_list(out, items, property.types);
  }
  out += '}';
}

}  // namespace gh::policy
