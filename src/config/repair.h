// After the parser, before includes: finds out what a missing `;`, `{` or `}` did to the tree, blames the right place
// and puts the tree right, so that one fault is one error (LANGUAGE.md 13.3). nginx blames the next line in all of
// these.
#pragma once

#include "config/parse.h"
#include "config/vocabulary.h"

namespace gh::config {

/// Missing `}`: the first closing brace indented less than its opener's line tells. No names needed.
void repair_by_indentation(const Sources& sources, std::uint32_t file, Parsed& parsed, Diagnostics& diagnostics);

/// Missing `;` and `{` by names, missing `}` by blocks that are legal only further out; then reports what stays
/// unexplained. `contexts`: where the file's directives stand.
void repair_by_names(const Sources& sources, std::uint32_t file, Parsed& parsed, const Vocabulary& vocabulary,
                     Contexts contexts, Diagnostics& diagnostics);

/// Reports all that is left, without names (fmt, fuzzer).
void report_rest(const Sources& sources, std::uint32_t file, Parsed& parsed, Diagnostics& diagnostics);

}  // namespace gh::config
