#include "traces/load_curve.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/run_report.h"
#include "traces/svg_chart.h"
#include "traces/text_table.h"

namespace crossloom {
namespace {

Energy energy_of(const LoadCurve& curve, const LoadPoint& point) {
  return point.counts.router_energy(*curve.energies) + point.counts.link_energy(*curve.energies);
}

std::optional<double> per(Energy energy, std::uint64_t count) {
  if (count == 0) return std::nullopt;
  return energy.si() / static_cast<double>(count);
}

Cell real_or_nothing(const std::optional<double>& value) { return value ? Cell(*value) : Cell(std::monostate()); }

std::int64_t whole(std::uint64_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

LoadPoint MeasuredLoad::mean() const {
  LoadPoint mean;
  mean.stable = true;
  const double seeds = static_cast<double>(by_seed.size());
  for (const LoadPoint& point : by_seed) {
    mean.load = point.load;
    mean.stable = mean.stable && point.stable;
    mean.packet_latency_cycles += point.packet_latency_cycles / seeds;
    mean.network_latency_cycles += point.network_latency_cycles / seeds;
    mean.accepted_flits_per_node_cycle += point.accepted_flits_per_node_cycle / seeds;
    mean.hops += point.hops / seeds;
    mean.packets += point.packets;
    mean.cycles += point.cycles;
    mean.counts.add(point.counts);
  }
  return mean;
}

std::optional<double> MeasuredLoad::latency_half_width() const {
  if (by_seed.size() < 2) return std::nullopt;
  std::vector<double> latencies;
  for (const LoadPoint& point : by_seed) latencies.push_back(point.packet_latency_cycles);
  return estimate(latencies).half_width;
}

Table load_table(const LoadCurve& curve) {
  Table table("network_load",
              {{"load_flits_per_node_cycle", ColumnType::real, "offered"},
               {"stable", ColumnType::text, "yes where every seed's mean latency stayed below the limit"},
               {"packet_latency_cycles", ColumnType::real, "from creation to the last flit's arrival"},
               {"packet_latency_half_width_cycles", ColumnType::real, "of its 95 % interval over seeds"},
               {"network_latency_cycles", ColumnType::real, "from the first flit's leaving its source"},
               {"accepted_flits_per_node_cycle", ColumnType::real, "delivered"},
               {"hops", ColumnType::real, "routers passed, mean over packets"},
               {"packets", ColumnType::integer, "measured, all seeds"},
               {"router_traversals", ColumnType::integer, "flits through routers, all seeds"},
               {"link_traversals", ColumnType::integer, "flits over links between routers, all seeds"},
               {"stalls_virtual_channel", ColumnType::integer, "cycles that packets waited for a channel"},
               {"stalls_credit", ColumnType::integer, "cycles that flits waited for room"},
               {"stalls_switch", ColumnType::integer, "cycles that flits waited for the switch"},
               {"energy_per_flit_j", ColumnType::real, "of routers and links, a delivered flit"},
               {"energy_per_flit_hop_j", ColumnType::real, "the same, a flit and router"},
               {"cycles", ColumnType::integer, "simulated, all seeds"},
               {"seconds", ColumnType::real, "of processor time, all seeds"}});
  for (const MeasuredLoad& load : curve.loads) {
    const LoadPoint point = load.mean();
    std::optional<double> per_flit;
    std::optional<double> per_hop;
    if (curve.energies) {
      per_flit = per(energy_of(curve, point), point.counts.delivered_flits);
      per_hop = per(energy_of(curve, point), point.counts.router_traversals());
    }
    table.add({point.load, std::string(point.stable ? "yes" : "no"), point.packet_latency_cycles,
               real_or_nothing(load.latency_half_width()), point.network_latency_cycles,
               point.accepted_flits_per_node_cycle, point.hops, whole(point.packets),
               whole(point.counts.router_traversals()), whole(point.counts.link_flits),
               whole(point.counts.stalls.virtual_channel), whole(point.counts.stalls.credit),
               whole(point.counts.stalls.switch_port), real_or_nothing(per_flit), real_or_nothing(per_hop),
               whole(point.cycles), load.seconds});
  }
  return table;
}

std::string load_curve_svg(const LoadCurve& curve) {
  LineChart latency{"Mean latency of a packet, until the load is no longer sustained",
                    "load, flits a node and cycle",
                    "cycles",
                    {},
                    {},
                    {},
                    ""};
  LineChart accepted{"Accepted load", "load, flits a node and cycle", "flits a node and cycle", {}, {}, {}, ""};
  ChartSeries packet{"from creation", {}, {}};
  ChartSeries network{"from leaving the source", {}, {}};
  ChartSeries delivered{"accepted", {}, {}};
  double highest_latency = 1.0;
  double highest_load = 0.1;
  for (const MeasuredLoad& load : curve.loads) {
    const LoadPoint point = load.mean();
    const double none = std::numeric_limits<double>::quiet_NaN();
    latency.x.push_back(point.load);
    accepted.x.push_back(point.load);
    packet.values.push_back(point.stable ? point.packet_latency_cycles : none);
    packet.half_widths.push_back(point.stable ? load.latency_half_width().value_or(0.0) : 0.0);
    network.values.push_back(point.stable ? point.network_latency_cycles : none);
    delivered.values.push_back(point.accepted_flits_per_node_cycle);
    if (point.stable) highest_latency = std::max(highest_latency, point.packet_latency_cycles);
    highest_load = std::max(highest_load, point.accepted_flits_per_node_cycle);
  }
  latency.series = {packet, network};
  latency.highest = highest_latency;
  accepted.series = {delivered};
  accepted.highest = highest_load;
  constexpr double kWidth = 760.0;
  constexpr double kHeight = 320.0;
  constexpr double kMargin = 20.0;
  Picture picture(kWidth, Picture::kHeader + 2.0 * kHeight, curve.name,
                  fmt::format("{} nodes, packets of {} flit{}", curve.nodes, curve.packet_flits,
                              curve.packet_flits == 1 ? "" : "s"));
  picture.draw(latency, {kMargin, Picture::kHeader, kWidth - 2.0 * kMargin, kHeight - kMargin});
  picture.draw(accepted, {kMargin, Picture::kHeader + kHeight, kWidth - 2.0 * kMargin, kHeight - kMargin});
  return picture.to_svg();
}

std::string load_text(const LoadCurve& curve) {
  TextColumn loads{{"", "load"}};
  std::vector<TextColumn> columns = {{{"latency", "cycles"}},
                                     {{"in the network", "cycles"}},
                                     {{"accepted", "flits"}},
                                     {{"", "hops"}},
                                     {{"", "stable"}}};
  if (curve.energies) columns.push_back({{"energy", "a flit"}});
  for (const MeasuredLoad& load : curve.loads) {
    const LoadPoint point = load.mean();
    const std::optional<double> half = load.latency_half_width();
    loads.cells.push_back(fmt::format("{:g}", point.load));
    columns[0].cells.push_back(fmt::format("{:.2f}", point.packet_latency_cycles) +
                               (half ? fmt::format(" ±{:.2f}", *half) : ""));
    columns[1].cells.push_back(fmt::format("{:.2f}", point.network_latency_cycles));
    columns[2].cells.push_back(fmt::format("{:.4f}", point.accepted_flits_per_node_cycle));
    columns[3].cells.push_back(fmt::format("{:.3f}", point.hops));
    columns[4].cells.push_back(point.stable ? "yes" : "no");
    if (!curve.energies) continue;
    const std::optional<double> per_flit = per(energy_of(curve, point), point.counts.delivered_flits);
    columns[5].cells.push_back(per_flit ? format_engineering(*per_flit, "J") : "");
  }
  return block_text(loads, columns);
}

}  // namespace crossloom
