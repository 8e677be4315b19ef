#include "mapping/line_matching.h"

#include <algorithm>
#include <numeric>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/successive_shortest_path_nonnegative_weights.hpp>

#include "base/error.h"

namespace crossloom {

namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
struct Flow {
  std::int64_t capacity = 0, residual = 0, cost = 0;
  Traits::edge_descriptor reverse;
};
using FlowGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Flow>;

Traits::edge_descriptor add_arc(FlowGraph& graph, std::size_t from, std::size_t to, std::int64_t cost) {
  const auto forward = boost::add_edge(from, to, Flow{1, 0, cost, {}}, graph).first;
  const auto back = boost::add_edge(to, from, Flow{0, 0, -cost, forward}, graph).first;
  graph[forward].reverse = back;
  return forward;
}

std::vector<std::size_t> cheapest_places(const std::vector<std::int64_t>& costs, std::size_t own, std::size_t count) {
  std::vector<std::size_t> places(costs.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  count = std::min(count, places.size());
  const auto end = places.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(places.begin(), end, places.end(),
                    [&](std::size_t a, std::size_t b) { return costs[a] != costs[b] ? costs[a] < costs[b] : a < b; });
  places.erase(end, places.end());
  if (std::find(places.begin(), places.end(), own) == places.end()) places.push_back(own);
  return places;
}

}  // namespace

std::vector<std::uint16_t> match_lines(const LineCosts& costs, const std::vector<std::uint16_t>& start,
                                       std::size_t candidates) {
  const std::size_t lines = costs.size();
  CROSSLOOM_CHECK(start.size() == lines, "a place for each line to start from");
  const std::size_t source = 2 * lines, sink = source + 1;
  FlowGraph graph(2 * lines + 2);
  std::vector<std::vector<Traits::edge_descriptor>> arcs(lines);
  for (std::size_t line = 0; line < lines; ++line) {
    add_arc(graph, source, line, 0);
    add_arc(graph, lines + line, sink, 0);
    for (const std::size_t place : cheapest_places(costs[line], start[line], candidates)) {
      arcs[line].push_back(add_arc(graph, line, lines + place, costs[line][place]));
    }
  }
  boost::successive_shortest_path_nonnegative_weights(graph, source, sink,
                                                      boost::capacity_map(boost::get(&Flow::capacity, graph))
                                                          .residual_capacity_map(boost::get(&Flow::residual, graph))
                                                          .weight_map(boost::get(&Flow::cost, graph))
                                                          .reverse_edge_map(boost::get(&Flow::reverse, graph)));
  std::vector<std::uint16_t> places(lines);
  for (std::size_t line = 0; line < lines; ++line) {
    const auto taken =
        std::find_if(arcs[line].begin(), arcs[line].end(), [&](const auto& arc) { return graph[arc].residual == 0; });
    CROSSLOOM_CHECK(taken != arcs[line].end(), "every line finds a place, the one it had at the least");
    places[line] = static_cast<std::uint16_t>(boost::target(*taken, graph) - lines);
  }
  return places;
}

}  // namespace crossloom
