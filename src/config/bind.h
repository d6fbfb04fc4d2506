// The tree against the directive table: names, contexts, blocks, counts, duplicates, values. After repair and includes.
#pragma once

#include <vector>

#include "config/load.h"
#include "config/typing.h"
#include "config/vocabulary.h"

namespace gh::config {

/// What passed, in file order, includes spliced in. `nodes` must stay where they are: Bound points at them. The only
/// change to them: ${env:NAME} in the items of data blocks.
std::vector<Bound> bind(std::vector<Node>& nodes, Contexts contexts, const Vocabulary& vocabulary,
                        Sources& sources, const ArgumentPlace& place, Diagnostics& diagnostics);

}  // namespace gh::config
