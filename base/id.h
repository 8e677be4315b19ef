// Strongly typed ids and containers that only their own id type can index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace crossloom {

/// An index that cannot be mixed up with an index of another kind. There is no invalid value: absence is std::optional.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::size_t value) : value_(static_cast<std::uint32_t>(value)) {}
  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }

  friend constexpr bool operator==(Id a, Id b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Id a, Id b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Id a, Id b) { return a.value_ < b.value_; }

 private:
  std::uint32_t value_ = 0;
};

/// A vector indexed by Id<Tag> only.
template <class IdType, class T>
class IdVector {
 public:
  IdVector() = default;
  explicit IdVector(std::size_t size, const T& value = T{}) : items_(size, value) {}

  [[nodiscard]] T& operator[](IdType id) { return items_[id.value()]; }
  [[nodiscard]] const T& operator[](IdType id) const { return items_[id.value()]; }
  [[nodiscard]] T& at(IdType id) { return items_.at(id.value()); }
  [[nodiscard]] const T& at(IdType id) const { return items_.at(id.value()); }

  IdType push_back(T item) {
    items_.push_back(std::move(item));
    return IdType(items_.size() - 1);
  }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] IdType next_id() const { return IdType(items_.size()); }

  [[nodiscard]] auto begin() { return items_.begin(); }
  [[nodiscard]] auto end() { return items_.end(); }
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  /// The items without their id type, for reading and writing files.
  [[nodiscard]] std::vector<T>& raw() { return items_; }
  [[nodiscard]] const std::vector<T>& raw() const { return items_; }

 private:
  std::vector<T> items_;
};

}  // namespace crossloom

template <class Tag>
struct std::hash<crossloom::Id<Tag>> {
  std::size_t operator()(crossloom::Id<Tag> id) const noexcept { return std::hash<std::uint32_t>{}(id.value()); }
};
