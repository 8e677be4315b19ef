// Sums of a row part leave their processing element: over the bus, to a home in the tile or in a message.
#include "base/error.h"
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

void Board::summed(std::uint32_t g, std::uint64_t turn, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  ElementState& element = elements_[table.element];
  const std::uint64_t bits = std::uint64_t{table.sums} * pace_.sum_bits;
  if (!has_room(element.output_held, bits, tables_.chip->processing_element.output_register_bits)) {
    element.wait_output.emplace_back(g, turn);
    return;
  }
  element.output_held += bits;
  const Tally count = tally(table.tile, table.node, now);
  count.count(BitSerialAction::output_register_write, table.sums);
  count.count(BitSerialAction::output_register_read, table.sums);
  count.count(BitSerialAction::bus_transfer, bits);
  const Cycle end = buffers_[table.tile].bus_only(now, bits);
  push(end, Kind::moved, g, turn,
       tell_group(BitSerialStage::move, g, turn, {now, end - buffers_[table.tile].bus_cycles(bits), end}));
}

void Board::moved(std::uint32_t g, std::uint64_t turn, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  GroupState& state = groups_[g];
  ElementState& element = elements_[table.element];
  const std::int64_t* const sums = state.sums[turn % kPositionsUnderWay].data();
  CROSSLOOM_CHECK(turn == state.next_sum, "sums leave an element in order");
  ++state.next_sum;
  element.output_held -= std::uint64_t{table.sums} * pace_.sum_bits;
  for (std::uint32_t k = 0; k < table.outputs.size(); ++k) {
    const GroupOutput& output = table.outputs[k];
    scratch_.clear();
    for (const std::uint32_t from : output.from) scratch_.push_back(sums[from]);
    if (output.is_local) {
      add_sums(output, turn, scratch_.data(), now);
      continue;
    }
    const std::uint32_t index = new_message();
    Message& message = messages_[index];
    message.is_sums = true;
    message.index = g;
    message.output = k;
    message.first = turn;
    message.count = 1;
    message.remaining = 1;
    send_scratch(index, output.fan_out, output.from.size() * pace_.sum_bits, now);
  }
  while (!element.wait_output.empty()) {
    const auto [next, of_turn] = element.wait_output.front();
    const PartGroupTable& waiting = tables_.part_groups[next];
    if (!has_room(element.output_held, std::uint64_t{waiting.sums} * pace_.sum_bits,
                  tables_.chip->processing_element.output_register_bits)) {
      break;
    }
    element.wait_output.erase(element.wait_output.begin());
    summed(next, of_turn, now);
  }
  try_drive(g, now);
}
}  // namespace crossloom::bit_serial
