#include "json/schema_store.h"

#include "base/text.h"
#include "json/path.h"
#include "json/schema_words.h"
#include "json/uri.h"

namespace gh::json {

namespace {

constexpr std::string_view draft7_uri = "http://json-schema.org/draft-07/schema";
constexpr std::string_view draft2020_12_uri = "https://json-schema.org/draft/2020-12/schema";
constexpr std::string_view vocabulary_prefix = "https://json-schema.org/draft/2020-12/vocab/";

Unexpected<SchemaError> refuse(SchemaError error) { return Unexpected<SchemaError>(std::move(error)); }

std::string text_of(std::string_view what, std::string_view name) {
  return std::string(what) + " \"" + printable(name, 100) + '"';
}

}  // namespace

SchemaError SchemaStore::error_at(ResourceId resource, Value value, std::string text) const {
  SchemaError error{std::move(text), {}, 0};
  if (resource >= resources_.size()) return error;
  const std::size_t document = resources_[resource].document;
  if (document > 0) error.document = document_uris_[document];
  if (value) error.offset = static_cast<std::size_t>(value.raw().data() - documents_[document]->text().data());
  return error;
}

ResourceId SchemaStore::add_resource(Resource resource) {
  const auto id = static_cast<ResourceId>(resources_.size());
  by_uri_.emplace(resource.uri, id);  // the first one of a name stays
  resources_.push_back(std::move(resource));
  return id;
}

Result<SchemaStore::Place, SchemaError> SchemaStore::add(std::shared_ptr<const Document> document,
                                                         const std::string& uri, std::string_view pointer) {
  documents_.push_back(document);
  document_uris_.push_back(uri);
  Resource resource;
  resource.uri = uri;
  resource.root = document->root();
  resource.document = documents_.size() - 1;
  resource.manner = {options_.dialect, true, options_.asserts_format};
  const ResourceId id = add_resource(std::move(resource));
  return place_at(id, pointer, true);
}

Result<SchemaStore::Place, SchemaError> SchemaStore::add_place(std::string_view pointer) {
  return place_at(0, pointer, false);
}

Result<SchemaStore::Place, SchemaError> SchemaStore::place_at(ResourceId id, std::string_view pointer, bool is_root) {
  const Value root = resources_[id].root;
  const Value schema = find_pointer(root, pointer);
  if (!schema) return refuse(error_at(id, root, text_of("there is nothing at", pointer)));
  if (auto fault = scan(schema, id, is_root)) return refuse(std::move(*fault));
  return Place{schema, resource_of(schema, id)};
}

ResourceId SchemaStore::resource_of(Value value, ResourceId parent) const {
  const auto found = scanned_.find({resources_[parent].document, value.index()});
  return found == scanned_.end() ? parent : found->second;
}

SchemaStore::Fault SchemaStore::scan(Value schema, ResourceId resource, bool is_root) {
  const Key key{resources_[resource].document, schema.index()};
  if (scanned_.contains(key)) return {};
  if (schema.is_object()) {
    if (auto fault = take_id(schema, resource, is_root)) return fault;
  }
  scanned_.emplace(key, resource);
  if (!schema.is_object()) return {};
  if (auto fault = take_anchors(schema, resource)) return fault;
  for (const auto member : schema.members()) {
    if (auto fault = scan_word(member.name, member.value, resource)) return fault;
  }
  return {};
}

SchemaStore::Fault SchemaStore::scan_word(std::string_view name, Value value, ResourceId resource) {
  const SchemaWord* word = find_schema_word(name);
  if (!word || !is_word_of(*word, resources_[resource].manner.dialect)) return {};
  const WordShape shape = word->shape;
  const bool is_list = value.is_array() && (shape == WordShape::schema_list || shape == WordShape::schema_or_list);
  const bool is_map = value.is_object() && (shape == WordShape::schema_map || shape == WordShape::dependency_map);
  if (is_list) {
    for (const Value element : value.elements()) {
      if (auto fault = scan(element, resource, false)) return fault;
    }
  } else if (is_map) {
    for (const auto member : value.members()) {
      if (shape == WordShape::dependency_map && member.value.is_array()) continue;
      if (auto fault = scan(member.value, resource, false)) return fault;
    }
  } else if (shape == WordShape::schema || shape == WordShape::schema_or_list) {
    return scan(value, resource, false);
  }
  return {};
}

/// $schema and $id: a schema with $id begins a resource of its own; $schema may stand there and at a document's root.
SchemaStore::Fault SchemaStore::take_id(Value schema, ResourceId& resource, bool is_root) {
  SchemaManner manner = resources_[resource].manner;
  const Value id = schema.find("$id");
  if (is_root || id) {
    if (auto fault = read_manner(schema, resource, manner)) return fault;
  }
  if (is_root) resources_[resource].manner = manner;
  if (!id || (manner.dialect == Dialect::draft7 && schema.find("$ref"))) return {};
  if (!id.is_text()) return error_at(resource, id, "`$id` is a text");
  std::string_view name = id.text();
  const std::string_view fragment = split_fragment(name);
  if (!fragment.empty() && manner.dialect != Dialect::draft7) {
    return error_at(resource, id, "`$id` has no fragment; `$anchor` gives a name within the document");
  }
  if (name.empty()) return {};
  Resource own;
  own.uri = resolve_uri(resources_[resource].uri, name);
  own.root = schema;
  own.document = resources_[resource].document;
  own.manner = manner;
  const auto known = by_uri_.find(own.uri);
  if (known != by_uri_.end() && resources_[known->second].root == schema) {
    resource = known->second;  // a document whose $id is the URI it was loaded from
    return {};
  }
  if (known != by_uri_.end() && resources_[known->second].document == own.document && known->second != resource) {
    return error_at(resource, id, text_of("two schemas have the `$id`", own.uri));
  }
  const bool is_new = known == by_uri_.end();
  const std::string uri = own.uri;
  const ResourceId made = add_resource(std::move(own));
  if (!is_new) by_uri_[uri] = made;
  resource = made;
  return {};
}

SchemaStore::Fault SchemaStore::take_anchors(Value schema, ResourceId resource) {
  Resource& own = resources_[resource];
  if (own.manner.dialect == Dialect::draft7) {
    const std::string_view id = schema.find("$ref") ? std::string_view() : schema.find("$id").text();
    std::string_view rest = id;
    const std::string_view anchor = split_fragment(rest);
    if (!anchor.empty()) own.anchors.emplace(anchor, schema);
    return {};
  }
  for (const std::string_view word : {"$anchor", "$dynamicAnchor"}) {
    const Value anchor = schema.find(word);
    if (!anchor) continue;
    if (anchor.text().empty()) return error_at(resource, anchor, '`' + std::string(word) + "` is a name");
    if (!own.anchors.emplace(anchor.text(), schema).second) {
      return error_at(resource, anchor, text_of("two schemas have the anchor", anchor.text()));
    }
    if (word == "$dynamicAnchor") own.dynamic_anchors.emplace(anchor.text(), schema);
  }
  return {};
}

SchemaStore::Fault SchemaStore::read_manner(Value schema, ResourceId at, SchemaManner& manner) {
  const Value said = schema.find("$schema");
  if (!said) return {};
  std::string_view uri = said.text();
  split_fragment(uri);
  if (uri == draft7_uri || uri == draft2020_12_uri) {
    manner = {uri == draft7_uri ? Dialect::draft7 : Dialect::draft2020_12, true, options_.asserts_format};
    return {};
  }
  if (uri.starts_with("http://json-schema.org/") || uri.starts_with("https://json-schema.org/")) {
    return error_at(at, said, "of JSON Schema's dialects draft 7 and 2020-12 are served");
  }
  const auto meta_schema = find_or_load(std::string(uri), at, said);
  if (!meta_schema) return meta_schema.error();
  return read_vocabulary(resources_[*meta_schema].root, at, said, manner);
}

/// A meta-schema of somebody's own: it says which vocabularies its schemas use.
SchemaStore::Fault SchemaStore::read_vocabulary(Value meta_schema, ResourceId at, Value said, SchemaManner& manner) {
  manner = {Dialect::draft2020_12, true, options_.asserts_format};
  const Value vocabulary = meta_schema.find("$vocabulary");
  if (!vocabulary.is_object()) return {};
  manner.has_validation = false;
  for (const auto member : vocabulary.members()) {
    std::string_view name = member.name;
    const bool is_ours = name.starts_with(vocabulary_prefix);
    if (is_ours) name.remove_prefix(vocabulary_prefix.size());
    if (is_ours && name == "validation") manner.has_validation = true;
    if (is_ours && name == "format-assertion") manner.asserts_format = true;
    if (!is_ours && member.value.as_bool().value_or(false)) {
      return error_at(at, said, text_of("its meta-schema requires an unknown vocabulary,", member.name));
    }
  }
  return {};
}

Result<ResourceId, SchemaError> SchemaStore::find_or_load(const std::string& uri, ResourceId from, Value said) {
  if (const auto known = by_uri_.find(uri); known != by_uri_.end()) {
    return resource_of(resources_[known->second].root, known->second);
  }
  std::optional<std::string> text;
  if (const std::string_view own = find_meta_schema(uri); !own.empty()) text = std::string(own);
  if (!text && options_.load) text = options_.load(uri);
  if (!text) return refuse(error_at(from, said, text_of("there is no schema at", uri)));
  auto document = Document::parse(*text, options_.limits, Duplicates::refuse);
  if (!document) {
    SchemaError error{"this is no JSON: " + document.error().text, uri, document.error().offset};
    return refuse(std::move(error));
  }
  auto place = add(std::make_shared<const Document>(std::move(*document)), uri, "");
  if (!place) return refuse(std::move(place.error()));
  return place->resource;
}

Result<SchemaStore::Place, SchemaError> SchemaStore::resolve(const Place& from, Value reference) {
  if (!reference.is_text()) return refuse(error_at(from.resource, reference, "a reference is a text"));
  const std::string whole = resolve_uri(resources_[from.resource].uri, reference.text());
  std::string_view uri = whole;
  const std::string_view fragment = split_fragment(uri);
  ResourceId resource = from.resource;
  if (uri != resources_[resource].uri) {
    auto found = find_or_load(std::string(uri), from.resource, reference);
    if (!found) return refuse(std::move(found.error()));
    resource = *found;
  }
  const auto decoded = decode_percent(fragment);
  const auto dead = [&] {
    return refuse(error_at(from.resource, reference, text_of("this leads nowhere:", reference.text())));
  };
  if (!decoded) return dead();
  const Place root{resources_[resource].root, resource};
  if (decoded->empty() || decoded->front() == '/') return walk(root, *decoded, from.resource, reference);
  const auto& anchors = resources_[resource].anchors;
  const auto anchor = anchors.find(*decoded);
  if (anchor == anchors.end()) return dead();
  return Place{anchor->second, resource};
}

Result<SchemaStore::Place, SchemaError> SchemaStore::walk(Place from, std::string_view pointer, ResourceId said_in,
                                                          Value said) {
  from.resource = resource_of(from.value, from.resource);
  while (!pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    from.value = find_pointer(from.value, pointer.substr(0, end));
    if (!from.value) return refuse(error_at(said_in, said, text_of("this leads nowhere:", said.text())));
    from.resource = resource_of(from.value, from.resource);
    pointer.remove_prefix(end);
  }
  // A place that no keyword told to be a schema becomes one by being referred to.
  if (auto fault = scan(from.value, from.resource, false)) return refuse(std::move(*fault));
  from.resource = resource_of(from.value, from.resource);
  return from;
}

bool SchemaStore::is_dynamic(const Place& place, std::string_view anchor) const {
  const auto& anchors = resources_[place.resource].dynamic_anchors;
  const auto found = anchors.find(anchor);
  return found != anchors.end() && found->second == place.value;
}

}  // namespace gh::json
