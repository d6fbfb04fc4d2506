// The meta-schemas of draft 7 and 2020-12, as json-schema.org publishes them (under the AFL or BSD licence), without
// blanks and line breaks: schemas refer to them by name, and nothing is fetched.
#include <algorithm>
#include <iterator>

#include "json/schema_store.h"

namespace gh::json {

namespace {

struct MetaSchema { std::string_view uri, text; };

constexpr MetaSchema meta_schemas[] = {
    {"http://json-schema.org/draft-07/schema",
     R"~({"$schema":"http://json-schema.org/draft-07/schema#","$id":"http://json-schema.org/draft-07/schema#","title")~"
     R"~(:"Core schema meta-schema","definitions":{"schemaArray":{"type":"array","minItems":1,"items":{"$ref":"#"}},")~"
     R"~(nonNegativeInteger":{"type":"integer","minimum":0},"nonNegativeIntegerDefault0":{"allOf":[{"$ref":"#/definit)~"
     R"~(ions/nonNegativeInteger"},{"default":0}]},"simpleTypes":{"enum":["array","boolean","integer","null","number")~"
     R"~(,"object","string"]},"stringArray":{"type":"array","items":{"type":"string"},"uniqueItems":true,"default":[])~"
     R"~(}},"type":["object","boolean"],"properties":{"$id":{"type":"string","format":"uri-reference"},"$schema":{"ty)~"
     R"~(pe":"string","format":"uri"},"$ref":{"type":"string","format":"uri-reference"},"$comment":{"type":"string"},)~"
     R"~("title":{"type":"string"},"description":{"type":"string"},"default":true,"readOnly":{"type":"boolean","defau)~"
     R"~(lt":false},"examples":{"type":"array","items":true},"multipleOf":{"type":"number","exclusiveMinimum":0},"max)~"
     R"~(imum":{"type":"number"},"exclusiveMaximum":{"type":"number"},"minimum":{"type":"number"},"exclusiveMinimum":)~"
     R"~({"type":"number"},"maxLength":{"$ref":"#/definitions/nonNegativeInteger"},"minLength":{"$ref":"#/definitions)~"
     R"~(/nonNegativeIntegerDefault0"},"pattern":{"type":"string","format":"regex"},"additionalItems":{"$ref":"#"},"i)~"
     R"~(tems":{"anyOf":[{"$ref":"#"},{"$ref":"#/definitions/schemaArray"}],"default":true},"maxItems":{"$ref":"#/def)~"
     R"~(initions/nonNegativeInteger"},"minItems":{"$ref":"#/definitions/nonNegativeIntegerDefault0"},"uniqueItems":{)~"
     R"~("type":"boolean","default":false},"contains":{"$ref":"#"},"maxProperties":{"$ref":"#/definitions/nonNegative)~"
     R"~(Integer"},"minProperties":{"$ref":"#/definitions/nonNegativeIntegerDefault0"},"required":{"$ref":"#/definiti)~"
     R"~(ons/stringArray"},"additionalProperties":{"$ref":"#"},"definitions":{"type":"object","additionalProperties":)~"
     R"~({"$ref":"#"},"default":{}},"properties":{"type":"object","additionalProperties":{"$ref":"#"},"default":{}},")~"
     R"~(patternProperties":{"type":"object","additionalProperties":{"$ref":"#"},"propertyNames":{"format":"regex"},")~"
     R"~(default":{}},"dependencies":{"type":"object","additionalProperties":{"anyOf":[{"$ref":"#"},{"$ref":"#/defini)~"
     R"~(tions/stringArray"}]}},"propertyNames":{"$ref":"#"},"const":true,"enum":{"type":"array","items":true},"type")~"
     R"~(:{"anyOf":[{"$ref":"#/definitions/simpleTypes"},{"type":"array","items":{"$ref":"#/definitions/simpleTypes"})~"
     R"~(,"minItems":1,"uniqueItems":true}]},"format":{"type":"string"},"contentMediaType":{"type":"string"},"content)~"
     R"~(Encoding":{"type":"string"},"if":{"$ref":"#"},"then":{"$ref":"#"},"else":{"$ref":"#"},"allOf":{"$ref":"#/def)~"
     R"~(initions/schemaArray"},"anyOf":{"$ref":"#/definitions/schemaArray"},"oneOf":{"$ref":"#/definitions/schemaArr)~"
     R"~(ay"},"not":{"$ref":"#"}},"default":true})~"},
    {"https://json-schema.org/draft/2020-12/schema",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/schem)~"
     R"~(a","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/core":true,"https://json-schema.org/draft/202)~"
     R"~(0-12/vocab/applicator":true,"https://json-schema.org/draft/2020-12/vocab/unevaluated":true,"https://json-sch)~"
     R"~(ema.org/draft/2020-12/vocab/validation":true,"https://json-schema.org/draft/2020-12/vocab/meta-data":true,"h)~"
     R"~(ttps://json-schema.org/draft/2020-12/vocab/format-annotation":true,"https://json-schema.org/draft/2020-12/vo)~"
     R"~(cab/content":true},"$dynamicAnchor":"meta","title":"Core and Validation specifications meta-schema","allOf":)~"
     R"~([{"$ref":"meta/core"},{"$ref":"meta/applicator"},{"$ref":"meta/unevaluated"},{"$ref":"meta/validation"},{"$r)~"
     R"~(ef":"meta/meta-data"},{"$ref":"meta/format-annotation"},{"$ref":"meta/content"}],"type":["object","boolean"])~"
     R"~(,"$comment":"This meta-schema also defines keywords that have appeared in previous drafts in order to preven)~"
     R"~(t incompatible extensions as they remain in common use.","properties":{"definitions":{"$comment":"\"definiti)~"
     R"~(ons\" has been replaced by \"$defs\".","type":"object","additionalProperties":{"$dynamicRef":"#meta"},"depre)~"
     R"~(cated":true,"default":{}},"dependencies":{"$comment":"\"dependencies\" has been split and replaced by \"depe)~"
     R"~(ndentSchemas\" and \"dependentRequired\" in order to serve their differing semantics.","type":"object","addi)~"
     R"~(tionalProperties":{"anyOf":[{"$dynamicRef":"#meta"},{"$ref":"meta/validation#/$defs/stringArray"}]},"depreca)~"
     R"~(ted":true,"default":{}},"$recursiveAnchor":{"$comment":"\"$recursiveAnchor\" has been replaced by \"$dynamic)~"
     R"~(Anchor\".","$ref":"meta/core#/$defs/anchorString","deprecated":true},"$recursiveRef":{"$comment":"\"$recursi)~"
     R"~(veRef\" has been replaced by \"$dynamicRef\".","$ref":"meta/core#/$defs/uriReferenceString","deprecated":tru)~"
     R"~(e}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/core",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(core","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/core":true},"$dynamicAnchor":"meta","title)~"
     R"~(":"Core vocabulary meta-schema","type":["object","boolean"],"properties":{"$id":{"$ref":"#/$defs/uriReferenc)~"
     R"~(eString","$comment":"Non-empty fragments not allowed.","pattern":"^[^#]*#?$"},"$schema":{"$ref":"#/$defs/uri)~"
     R"~(String"},"$ref":{"$ref":"#/$defs/uriReferenceString"},"$anchor":{"$ref":"#/$defs/anchorString"},"$dynamicRef)~"
     R"~(":{"$ref":"#/$defs/uriReferenceString"},"$dynamicAnchor":{"$ref":"#/$defs/anchorString"},"$vocabulary":{"typ)~"
     R"~(e":"object","propertyNames":{"$ref":"#/$defs/uriString"},"additionalProperties":{"type":"boolean"}},"$commen)~"
     R"~(t":{"type":"string"},"$defs":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}}},"$defs":{"anc)~"
     R"~(horString":{"type":"string","pattern":"^[A-Za-z_][-A-Za-z0-9._]*$"},"uriString":{"type":"string","format":"u)~"
     R"~(ri"},"uriReferenceString":{"type":"string","format":"uri-reference"}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/applicator",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(applicator","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/applicator":true},"$dynamicAnchor":")~"
     R"~(meta","title":"Applicator vocabulary meta-schema","type":["object","boolean"],"properties":{"prefixItems":{")~"
     R"~($ref":"#/$defs/schemaArray"},"items":{"$dynamicRef":"#meta"},"contains":{"$dynamicRef":"#meta"},"additionalP)~"
     R"~(roperties":{"$dynamicRef":"#meta"},"properties":{"type":"object","additionalProperties":{"$dynamicRef":"#met)~"
     R"~(a"},"default":{}},"patternProperties":{"type":"object","additionalProperties":{"$dynamicRef":"#meta"},"prope)~"
     R"~(rtyNames":{"format":"regex"},"default":{}},"dependentSchemas":{"type":"object","additionalProperties":{"$dyn)~"
     R"~(amicRef":"#meta"},"default":{}},"propertyNames":{"$dynamicRef":"#meta"},"if":{"$dynamicRef":"#meta"},"then":)~"
     R"~({"$dynamicRef":"#meta"},"else":{"$dynamicRef":"#meta"},"allOf":{"$ref":"#/$defs/schemaArray"},"anyOf":{"$ref)~"
     R"~(":"#/$defs/schemaArray"},"oneOf":{"$ref":"#/$defs/schemaArray"},"not":{"$dynamicRef":"#meta"}},"$defs":{"sch)~"
     R"~(emaArray":{"type":"array","minItems":1,"items":{"$dynamicRef":"#meta"}}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/unevaluated",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(unevaluated","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/unevaluated":true},"$dynamicAnchor")~"
     R"~(:"meta","title":"Unevaluated applicator vocabulary meta-schema","type":["object","boolean"],"properties":{"u)~"
     R"~(nevaluatedItems":{"$dynamicRef":"#meta"},"unevaluatedProperties":{"$dynamicRef":"#meta"}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/validation",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(validation","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/validation":true},"$dynamicAnchor":")~"
     R"~(meta","title":"Validation vocabulary meta-schema","type":["object","boolean"],"properties":{"type":{"anyOf":)~"
     R"~([{"$ref":"#/$defs/simpleTypes"},{"type":"array","items":{"$ref":"#/$defs/simpleTypes"},"minItems":1,"uniqueI)~"
     R"~(tems":true}]},"const":true,"enum":{"type":"array","items":true},"multipleOf":{"type":"number","exclusiveMini)~"
     R"~(mum":0},"maximum":{"type":"number"},"exclusiveMaximum":{"type":"number"},"minimum":{"type":"number"},"exclus)~"
     R"~(iveMinimum":{"type":"number"},"maxLength":{"$ref":"#/$defs/nonNegativeInteger"},"minLength":{"$ref":"#/$defs)~"
     R"~(/nonNegativeIntegerDefault0"},"pattern":{"type":"string","format":"regex"},"maxItems":{"$ref":"#/$defs/nonNe)~"
     R"~(gativeInteger"},"minItems":{"$ref":"#/$defs/nonNegativeIntegerDefault0"},"uniqueItems":{"type":"boolean","de)~"
     R"~(fault":false},"maxContains":{"$ref":"#/$defs/nonNegativeInteger"},"minContains":{"$ref":"#/$defs/nonNegative)~"
     R"~(Integer","default":1},"maxProperties":{"$ref":"#/$defs/nonNegativeInteger"},"minProperties":{"$ref":"#/$defs)~"
     R"~(/nonNegativeIntegerDefault0"},"required":{"$ref":"#/$defs/stringArray"},"dependentRequired":{"type":"object")~"
     R"~(,"additionalProperties":{"$ref":"#/$defs/stringArray"}}},"$defs":{"nonNegativeInteger":{"type":"integer","mi)~"
     R"~(nimum":0},"nonNegativeIntegerDefault0":{"$ref":"#/$defs/nonNegativeInteger","default":0},"simpleTypes":{"enu)~"
     R"~(m":["array","boolean","integer","null","number","object","string"]},"stringArray":{"type":"array","items":{")~"
     R"~(type":"string"},"uniqueItems":true,"default":[]}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/meta-data",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(meta-data","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/meta-data":true},"$dynamicAnchor":"me)~"
     R"~(ta","title":"Meta-data vocabulary meta-schema","type":["object","boolean"],"properties":{"title":{"type":"st)~"
     R"~(ring"},"description":{"type":"string"},"default":true,"deprecated":{"type":"boolean","default":false},"readO)~"
     R"~(nly":{"type":"boolean","default":false},"writeOnly":{"type":"boolean","default":false},"examples":{"type":"a)~"
     R"~(rray","items":true}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/format-annotation",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(format-annotation","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/format-annotation":true},"$dy)~"
     R"~(namicAnchor":"meta","title":"Format vocabulary meta-schema for annotation results","type":["object","boolean)~"
     R"~("],"properties":{"format":{"type":"string"}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/format-assertion",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(format-assertion","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/format-assertion":true},"$dyna)~"
     R"~(micAnchor":"meta","title":"Format vocabulary meta-schema for assertion results","type":["object","boolean"],)~"
     R"~("properties":{"format":{"type":"string"}}})~"},
    {"https://json-schema.org/draft/2020-12/meta/content",
     R"~({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://json-schema.org/draft/2020-12/meta/)~"
     R"~(content","$vocabulary":{"https://json-schema.org/draft/2020-12/vocab/content":true},"$dynamicAnchor":"meta",)~"
     R"~("title":"Content vocabulary meta-schema","type":["object","boolean"],"properties":{"contentEncoding":{"type")~"
     R"~(:"string"},"contentMediaType":{"type":"string"},"contentSchema":{"$dynamicRef":"#meta"}}})~"},
};

}  // namespace

std::string_view find_meta_schema(std::string_view uri) {
  const auto* found = std::find_if(std::begin(meta_schemas), std::end(meta_schemas),
                                   [&](const MetaSchema& meta_schema) { return meta_schema.uri == uri; });
  return found == std::end(meta_schemas) ? std::string_view() : found->text;
}

}  // namespace gh::json
