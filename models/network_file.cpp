// The file form of a network.
#include <fmt/core.h>

#include "base/error.h"
#include "models/archive_lists.h"
#include "models/block_faults.h"
#include "models/network.h"
#include "models/network_header.h"

namespace crossloom {
namespace {

constexpr int kVersion = 1;
const char* const kKind = "network";

std::string array_name(std::size_t layer, const char* what) { return fmt::format("layer{}/{}", layer, what); }

std::string norm_name(std::size_t norm, const char* what) { return fmt::format("batch_norm{}/{}", norm, what); }

void read_nodes(const Archive& archive, Network& network) {
  if (archive.header.contains("nodes")) {
    for (const nlohmann::json& header : header_list(kKind, archive.header, "nodes")) {
      network.spec.nodes.push_back(node_from_header(kKind, header));
    }
  }
  const std::vector<std::string> faults = graph_faults(network.spec);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  for (const NodeSpec& node : network.spec.nodes) {
    if (node.kind != NodeKind::batch_norm) continue;
    const std::size_t k = network.batch_norms.size();
    network.batch_norms.push_back({archive.get<float>(norm_name(k, "scale")), archive.get<float>(norm_name(k, "shift")),
                                   archive.get<float>(norm_name(k, "mean")),
                                   archive.get<float>(norm_name(k, "variance"))});
  }
}

}  // namespace

Archive to_archive(const Network& network) {
  Archive archive(kKind, kVersion);
  archive.header["name"] = network.spec.name;
  archive.header["input"] = {{"width", network.spec.input.width},
                             {"height", network.spec.input.height},
                             {"channels", network.spec.input.channels}};
  archive.header["layers"] = nlohmann::json::array();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[LayerId(l)];
    archive.header["layers"].push_back(layer_header(network.spec.layers[LayerId(l)]));
    archive.put(array_name(l, "weights"), layer.weights.values);
    archive.put(array_name(l, "bias"), layer.bias);
    archive.put(array_name(l, "live"), layer.live);
    put_blocks(archive, array_name(l, "blocks"), layer.blocks);
  }
  if (network.spec.is_chain()) return archive;
  archive.header["nodes"] = nlohmann::json::array();
  for (const NodeSpec& node : network.spec.nodes) archive.header["nodes"].push_back(node_header(node));
  for (std::size_t k = 0; k < network.batch_norms.size(); ++k) {
    const BatchNorm& norm = network.batch_norms[k];
    archive.put(norm_name(k, "scale"), norm.scale);
    archive.put(norm_name(k, "shift"), norm.shift);
    archive.put(norm_name(k, "mean"), norm.mean);
    archive.put(norm_name(k, "variance"), norm.variance);
  }
  return archive;
}

Network network_from_archive(const Archive& archive) {
  Network network;
  network.spec.name = header_text(kKind, archive.header, "name");
  network.spec.input = image_shape_from_header(kKind, archive.header);
  const nlohmann::json& layers = header_list(kKind, archive.header, "layers");
  for (const nlohmann::json& header : layers) network.spec.layers.push_back(layer_from_header(kKind, header));
  read_nodes(archive, network);
  for (std::size_t l = 0; l < network.spec.layers.size(); ++l) {
    Layer layer;
    layer.weights.rows = network.spec.inputs_of(LayerId(l));
    layer.weights.columns = network.spec.layers[LayerId(l)].outputs;
    layer.weights.values = archive.get<float>(array_name(l, "weights"));
    layer.bias = archive.get<float>(array_name(l, "bias"));
    layer.live = archive.get<std::uint8_t>(array_name(l, "live"));
    layer.blocks = get_blocks(archive, array_name(l, "blocks"));
    network.layers.push_back(std::move(layer));
  }
  const std::vector<std::string> faults = network_faults(network);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  return network;
}

void save_network(const Network& network, const std::filesystem::path& file) { to_archive(network).save(file); }

Network load_network(const std::filesystem::path& file) {
  return network_from_archive(Archive::load(file, kKind, kVersion));
}

}  // namespace crossloom
