#include "sim/bit_serial/product_path.h"

#include <algorithm>

namespace crossloom::bit_serial {
namespace {

class Backwards {
 public:
  Backwards(Cycle begin, const std::vector<BitSerialSlice>& slices, Cycle read_cycles, std::uint32_t hold_stages)
      : begin_(begin), slices_(slices), read_cycles_(read_cycles), hold_stages_(hold_stages) {}

  std::vector<ProductPiece> walk(bool to_conversion) {
    std::size_t slice = slices_.size() - 1;
    at_ = to_conversion || hold_stages_ == 0 ? slices_[slice].converted : slices_[slice].sampled;
    bool conversion = to_conversion || hold_stages_ == 0;
    while (at_ > begin_) {
      if (conversion) {
        conversion = back_from_conversion(slice);
      } else {
        conversion = back_from_sampling(slice);
      }
    }
    std::reverse(pieces_.begin(), pieces_.end());
    return pieces_;
  }

 private:
  void back_to(ProductPiece::Kind kind, Cycle cycle) {
    cycle = std::max(cycle, begin_);
    if (cycle >= at_) return;
    if (!pieces_.empty() && pieces_.back().kind == kind) {
      pieces_.back().begin = cycle;
    } else {
      pieces_.push_back({kind, cycle, at_});
    }
    at_ = cycle;
  }
  /// Returns whether what came before is a conversion.
  bool back_from_conversion(std::size_t& slice) {
    const Cycle before = slice == 0 ? 0 : slices_[slice - 1].converted;
    back_to(ProductPiece::Kind::convert, slices_[slice].converting);
    back_to(ProductPiece::Kind::waiting, std::max(before, slices_[slice].sampled));
    if (before < slices_[slice].sampled) return false;
    --slice;
    return true;
  }
  bool back_from_sampling(std::size_t& slice) {
    const Cycle on_wordlines = slice == 0          ? begin_
                               : hold_stages_ == 0 ? slices_[slice - 1].converted
                                                   : slices_[slice - 1].sampled;
    if (at_ > on_wordlines + read_cycles_) {
      if (slice >= hold_stages_ && hold_stages_ > 0) {  // a place in the sample-and-hold was free then
        slice -= hold_stages_;
        if (slices_[slice].converted == at_) return true;
        slice += hold_stages_;
      }
      back_to(ProductPiece::Kind::waiting, on_wordlines + read_cycles_);
    }
    back_to(ProductPiece::Kind::drive, on_wordlines);
    if (slice > 0) --slice;
    return hold_stages_ == 0;
  }

  Cycle begin_, at_ = 0;
  const std::vector<BitSerialSlice>& slices_;
  Cycle read_cycles_;
  std::uint32_t hold_stages_;
  std::vector<ProductPiece> pieces_;
};

}  // namespace

std::vector<ProductPiece> product_path(Cycle begin, const std::vector<BitSerialSlice>& slices, Cycle read_cycles,
                                       std::uint32_t hold_stages, bool to_conversion) {
  return Backwards(begin, slices, read_cycles, hold_stages).walk(to_conversion);
}

}  // namespace crossloom::bit_serial
