// crossloom cluster MATRIX: clusters any sparse matrix by itself, and counts the arrays that it takes.
#include <chrono>
#include <memory>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/cluster_count.h"
#include "app/command_line.h"
#include "base/error.h"
#include "base/files.h"
#include "traces/connectivity_picture.h"
#include "training/clustering/autoncs_clustering.h"
#include "training/clustering/co_clustering.h"
#include "training/clustering/matrix_file.h"
#include "training/clustering/offline_clustering.h"
#include "training/clustering/published_clustering.h"

namespace crossloom {
namespace {

struct ClusterCommand {
  std::string matrix, method = "trannsformer", json, picture;
  ArraySize array;
  double quality = 0.3;
  bool no_sharing = false;
  std::uint64_t seed = 1;
};

Clustering offline(const BinaryMatrix& matrix, const ClusterCommand& arguments, RandomKey key) {
  OfflineClusteringSpec spec;
  // The published baseline goes down to 0.1 whatever the floor of the others; --quality moves its end.
  spec.last_quality = arguments.quality;
  spec.first_quality = std::max(spec.first_quality, spec.last_quality);
  return offline_cluster(matrix, spec, [&](const BinaryMatrix& left, double quality, std::uint32_t step) {
    PublishedClusteringSpec published{quality, {false, true, true}};
    return published_cluster(left, arguments.array, published, key.child(step));
  });
}

Clustering clustering_of(const BinaryMatrix& matrix, const ClusterCommand& arguments) {
  const RandomKey key = RandomKey(arguments.seed).child("cluster");
  if (arguments.method == "trannsformer") {
    CoClusteringSpec spec;
    spec.quality = arguments.quality;
    return co_cluster(matrix, arguments.array, spec, key);
  }
  if (arguments.method == "trannsformer-published") {
    return published_cluster(matrix, arguments.array, {arguments.quality, {}}, key);
  }
  if (arguments.method == "offline") return offline(matrix, arguments, key);
  if (arguments.method == "autoncs") {
    AutoNcsSpec spec;
    spec.least_use = arguments.quality;
    return autoncs_cluster(matrix, arguments.array, spec, key);
  }
  return {};
}

std::string json_of(const Clustering& clustering, const ClusterCount& count, double seconds) {
  nlohmann::ordered_json json;
  json["clusters"] = nlohmann::ordered_json::array();
  for (const Cluster& cluster : clustering.clusters) {
    json["clusters"].push_back(
        {{"rows", cluster.block.rows}, {"columns", cluster.block.columns}, {"quality", cluster.quality}});
  }
  json["arrays"] = count.arrays;
  json["leftover_arrays"] = count.leftover_arrays;
  json["total_arrays"] = count.total();
  json["utilisation"] = count.utilisation;
  json["unclustered"] = count.unclustered;
  json["seconds"] = seconds;
  return json.dump() + "\n";
}

std::string picture_of(const ClusterCommand& arguments, const BinaryMatrix& matrix, const Clustering& clustering) {
  std::vector<Block> blocks;
  for (const Cluster& cluster : clustering.clusters) blocks.push_back(cluster.block);
  const std::string name = std::filesystem::path(arguments.matrix).filename().string();
  return connectivity_svg(
      fmt::format("{}, {}, arrays of {}x{}", name, arguments.method, arguments.array.rows, arguments.array.columns),
      matrix, matrix, blocks);
}

void print_summary(const ClusterCommand& arguments, const BinaryMatrix& matrix, const Clustering& clustering,
                   const ClusterCount& count, double seconds) {
  const double cells = static_cast<double>(matrix.rows) * static_cast<double>(matrix.columns);
  fmt::print("{}: {} inputs x {} outputs, {} synapses ({:.2f} %)\n", arguments.matrix, matrix.rows, matrix.columns,
             matrix.ones(), cells > 0.0 ? 100.0 * static_cast<double>(matrix.ones()) / cells : 0.0);
  fmt::print("{}: {} clusters in {:.3f} s, {:.2f} % of the synapses outside them\n", arguments.method,
             clustering.clusters.size(), seconds, 100.0 * count.unclustered);
  fmt::print("{} arrays of {}x{}: {} for the clusters{}, {} for the rest; utilisation {:.3f} (plain grid: {})\n",
             count.total(), arguments.array.rows, arguments.array.columns, count.arrays,
             arguments.no_sharing ? "" : " (which may share)", count.leftover_arrays, count.utilisation,
             count.grid_arrays);
}

void cluster_matrix(const ClusterCommand& arguments) {
  // Made again in a moment, so older answers are replaced; the matrix itself may not be.
  for (const std::string& file : {arguments.json, arguments.picture}) {
    std::error_code absent;
    if (!file.empty() && std::filesystem::equivalent(file, arguments.matrix, absent)) {
      throw UserError(fmt::format("{} is the matrix: write the answer elsewhere", file));
    }
  }
  const BinaryMatrix matrix = read_matrix_file(arguments.matrix);
  const auto start = std::chrono::steady_clock::now();
  const Clustering clustering = clustering_of(matrix, arguments);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const ClusterCount count = arguments.method == "none"
                                 ? count_grid(matrix, arguments.array)
                                 : count_clusters(matrix, clustering, arguments.array, !arguments.no_sharing);
  print_summary(arguments, matrix, clustering, count, seconds);
  if (!arguments.json.empty()) write_file_atomically(arguments.json, json_of(clustering, count, seconds));
  if (!arguments.picture.empty()) write_file_atomically(arguments.picture, picture_of(arguments, matrix, clustering));
}

constexpr const char* kFooter =
    "\nMethods:\n"
    "  trannsformer            blocks of any number that each fit an array, at least --quality dense\n"
    "  trannsformer-published  SCIC as its authors published it, defects included: blocks may exceed the array\n"
    "  offline                 SCIC with quality falling from 0.7 to --quality, no synapse counted twice\n"
    "  autoncs                 spectral clustering over crossbars of several sizes; stops below a use of --quality\n"
    "  none                    the plain grid\n"
    "Example: a matrix that NumPy saved with numpy.save('layer.npy', weights), rows = inputs:\n"
    "  crossloom cluster layer.npy --rows 64 --columns 64 --json layer.json --picture layer.svg\n"
    "What is counted, and how the methods work: docs/clustering.md";

}  // namespace

void add_cluster_command(CLI::App& app) {
  auto arguments = std::make_shared<ClusterCommand>();
  CLI::App* command = app.add_subcommand("cluster", "Cluster a sparse matrix by itself and count its arrays");
  command
      ->add_option("matrix", arguments->matrix,
                   "Matrix Market (.mtx), NumPy (.npy) or .csv file; what is not 0 is a synapse, rows are inputs")
      ->type_name("MATRIX")
      ->required();
  command->add_option("--method", arguments->method, "How to cluster (below)")
      ->capture_default_str()
      ->check(CLI::IsMember({"trannsformer", "trannsformer-published", "offline", "autoncs", "none"}));
  command->add_option("--rows", arguments->array.rows, "Rows (inputs) of an array")
      ->capture_default_str()
      ->type_name("R")
      ->check(CLI::Range(1U, 65536U));
  command->add_option("--columns", arguments->array.columns, "Columns (outputs) of an array")
      ->capture_default_str()
      ->type_name("C")
      ->check(CLI::Range(1U, 65536U));
  command->add_option("--quality", arguments->quality, "Least share of live synapses in a cluster")
      ->capture_default_str()
      ->type_name("Q")
      ->check(CLI::Range(0.001, 0.999));
  command->add_flag("--no-sharing", arguments->no_sharing, "Every block takes arrays of its own");
  command->add_option("--json", arguments->json, "Write clusters and counts as JSON")->type_name("FILE");
  command->add_option("--picture", arguments->picture, "Write the matrix before and after as SVG")->type_name("FILE");
  command->add_option("--seed", arguments->seed, "Seed of the methods that draw at random")
      ->capture_default_str()
      ->type_name("N");
  command->footer(kFooter);
  command->callback([arguments] { cluster_matrix(*arguments); });
}

}  // namespace crossloom
