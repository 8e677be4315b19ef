// The passes of a network one after another, each with its own tables and board; one, where nothing is reloaded.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/bit_serial/bit_serial_result.h"
#include "models/bit_serial/crossbar_product.h"
#include "models/bit_serial/weight_writing.h"
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

/// Who uses it runs each pass: board(p).begin(...) in the cycle that begin_pass() gives, until nothing is left to
/// happen, then finish_pass(). All cycles are those of the run; results count from the stream's first cycle.
///
/// With reloads a stream begins with the writing of the first pass's weights, and an image's latency is counted from
/// there: nothing could be done for it before. The next pass is written from the cycle on in which the last value that
/// somebody waits for has come, and its images begin when its last cell is written. Without reloads the weights were
/// written before the run, and nothing of it is counted here.
class PassSequence {
 public:
  PassSequence(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip,
               const StreamOfImages& images, const CreditCycles& credit_cycles, CrossbarProducts& products,
               const PlantedFaults& faults = {});

  [[nodiscard]] std::uint32_t passes() const { return static_cast<std::uint32_t>(boards_.size()); }
  [[nodiscard]] const FlowTables& tables(std::uint32_t pass) const { return *tables_[pass]; }
  [[nodiscard]] const Pace& pace() const { return pace_; }
  [[nodiscard]] Board& board(std::uint32_t pass) { return *boards_[pass]; }

  void begin_stream(Cycle start);
  /// When the images of a pass begin, its weights written: not before `soonest`, when all is at rest.
  Cycle begin_pass(std::uint32_t pass, Cycle soonest);
  void finish_pass(std::uint32_t pass);
  /// Of the stream, once all passes are finished.
  [[nodiscard]] std::vector<BitSerialImage> take_images();

  [[nodiscard]] BitSerialActivity activity() const;
  [[nodiscard]] BitSerialUse use() const;
  [[nodiscard]] const std::vector<std::uint64_t>& run_cycles() const { return run_cycles_; }
  [[nodiscard]] const std::vector<std::uint64_t>& write_cycles() const { return write_cycles_; }

 private:
  const Pace pace_;
  PassMemory memory_;
  std::vector<std::unique_ptr<FlowTables>> tables_;
  std::vector<std::unique_ptr<Board>> boards_;
  std::vector<WeightWriting> writings_;                   ///< by pass; empty without reloads
  BitSerialActivity written_;                             ///< of all streams so far
  std::vector<std::uint64_t> run_cycles_, write_cycles_;  ///< by pass, of all streams
  std::vector<BitSerialImage> images_;
  Cycle stream_start_ = 0, begun_ = 0, done_ = 0;
};

}  // namespace crossloom::bit_serial
