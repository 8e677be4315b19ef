// The parts of archive headers that describe nodes and layers of a network. Private to models.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "models/network_spec.h"

namespace crossloom {

/// Readers throw UserError naming the archive's kind.
nlohmann::json layer_header(const LayerSpec& layer);
LayerSpec layer_from_header(const std::string& kind, const nlohmann::json& header);
nlohmann::json node_header(const NodeSpec& node);
NodeSpec node_from_header(const std::string& kind, const nlohmann::json& header);

}  // namespace crossloom
