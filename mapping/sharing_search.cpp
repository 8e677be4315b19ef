#include "mapping/sharing_search.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace crossloom {
namespace {

using Groups = std::vector<std::vector<std::size_t>>;
constexpr std::uint32_t kMostStates = 200'000;

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

// Depth first, largest blocks first, until nothing better is left or the states are used up.
class Search {
 public:
  Search(std::vector<SharingAmount> needs, const SharingAmount& limit, std::size_t to_beat)
      : limit_(limit), best_arrays_(to_beat), array_of_(needs.size(), 0), needs_(std::move(needs)) {
    for (std::size_t b = 0; b < needs_.size(); ++b) order_.push_back(b);
    const auto size = [this](std::size_t b) {
      const SharingAmount& need = needs_[b];
      return need[0] * limit_[1] + need[1] * limit_[0];
    };
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return size(a) != size(b) ? size(a) > size(b) : needs_[a] > needs_[b];
    });
    left_.resize(order_.size() + 1);
    for (std::size_t k = order_.size(); k-- > 0;) {
      left_[k] = left_[k + 1];
      add(left_[k], needs_[order_[k]]);
    }
  }

  // Groups in fewer arrays than to_beat, if it finds any.
  [[nodiscard]] std::optional<Groups> run() {
    place(0);
    return best_;
  }

 private:
  [[nodiscard]] std::size_t least_arrays(std::size_t next) const {
    SharingAmount room{};
    for (const SharingAmount& of_array : room_) add(room, of_array);
    std::uint64_t more = 0;
    for (std::size_t k = 0; k < kSharingResources; ++k) {
      if (left_[next][k] > room[k] && limit_[k] != 0)
        more = std::max(more, ceil_div(left_[next][k] - room[k], limit_[k]));
    }
    return room_.size() + more;
  }

  void place(std::size_t next) {
    if (++states_ > kMostStates || least_arrays(next) >= best_arrays_) return;
    if (next == order_.size()) {
      keep();
      return;
    }
    const SharingAmount& need = needs_[order_[next]];
    const bool again = next > 0 && needs_[order_[next - 1]] == need;
    for (std::size_t a = again ? array_of_[order_[next - 1]] : 0; a < room_.size(); ++a) {
      const bool seen = std::find(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(a), room_[a]) !=
                        room_.begin() + static_cast<std::ptrdiff_t>(a);
      if (!fits(need, room_[a]) || (seen && !again)) continue;
      take(room_[a], need);
      array_of_[order_[next]] = a;
      place(next + 1);
      add(room_[a], need);
    }
    room_.push_back(limit_);
    take(room_.back(), need);
    array_of_[order_[next]] = room_.size() - 1;
    place(next + 1);
    room_.pop_back();
  }

  void keep() {
    best_arrays_ = room_.size();
    best_.emplace(best_arrays_);
    for (std::size_t b = 0; b < array_of_.size(); ++b) (*best_)[array_of_[b]].push_back(b);
  }

  SharingAmount limit_;
  std::size_t best_arrays_;
  std::vector<std::size_t> array_of_;  // of each block
  std::vector<SharingAmount> needs_;   // of each block
  std::vector<std::size_t> order_;
  std::vector<SharingAmount> left_;  // of order_[k..]
  std::vector<SharingAmount> room_;  // of each array in use
  std::uint32_t states_ = 0;
  std::optional<Groups> best_;
};

}  // namespace

std::optional<Groups> search_sharing(std::vector<SharingAmount> needs, const SharingAmount& limit,
                                     std::size_t to_beat) {
  return Search(std::move(needs), limit, to_beat).run();
}

}  // namespace crossloom
