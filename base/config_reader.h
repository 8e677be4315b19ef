// Strict reading of YAML: every key is declared by reading it, and all mistakes are reported together.
//
// A ConfigReader walks one mapping of a parsed document. Each call names a key, its type and its range; a missing or
// wrong value is noted as a problem and a harmless value returned, so that reading goes on and everything wrong is
// reported at once by ConfigDocument::finish(). Keys that nobody asked for are problems too, with the nearest known
// key. What was read (defaults included) is recorded and can be printed as the resolved configuration.
//
//   ConfigDocument document = ConfigDocument::from_file("chip.yaml", overrides);
//   ConfigReader root = document.root();
//   spec.rows = root.integer("rows", {1, 4096});
//   spec.read_voltage = root.quantity<Voltage>("read_voltage", {0.0_V, 5.0_V});
//   document.finish();                        // throws UserError listing every problem as file:line:col: path: reason
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"

namespace crossloom {

/// Where a value was written; overrides from the command line have file "--set" and line 0.
struct SourceMark {
  std::string file;
  int line = 0;
  int column = 0;
};

template <class T>
struct Range {
  T low;
  T high;
};

using IntegerRange = Range<std::int64_t>;
using RealRange = Range<double>;

/// `key=value` given on the command line; key is a dotted path such as chip.crossbar.rows. A value in brackets is a
/// list, one in braces a mapping; anything else is one value.
struct ConfigOverride {
  std::string path;
  std::string value;
};

/// Splits "a.b=c"; throws UserError where there is no '='.
ConfigOverride parse_override(const std::string& text);

/// One value that was asked for, for the table of keys.
struct ConfigKey {
  std::string path;                     ///< e.g. variants[0].transform.method
  std::string expected;                 ///< what may stand there, e.g. "an integer from 1 to 4096"
  std::optional<std::string> fallback;  ///< the default; none where the key is required
};

namespace detail {
struct ConfigNode;
struct ConfigState;
}  // namespace detail

/// Reads one mapping. Cheap to copy; must not outlive its ConfigDocument. Not thread-safe.
class ConfigReader {
 public:
  [[nodiscard]] bool has(std::string_view key) const;

  // Required values.
  bool boolean(std::string_view key);
  std::int64_t integer(std::string_view key, IntegerRange range);
  double real(std::string_view key, RealRange range);
  std::string text(std::string_view key);
  template <class Q>
  Q quantity(std::string_view key, Range<Q> range) {
    return Q::from_si(quantity_si(key, {range.low.si(), range.high.si()}, dimension_of<Q>()));
  }
  template <class E>
  E choice(std::string_view key, const std::vector<std::pair<std::string, E>>& choices) {
    return choices[choice_index(key, names_of(choices))].second;
  }
  std::vector<std::int64_t> integers(std::string_view key, IntegerRange range);
  std::vector<double> reals(std::string_view key, RealRange range);
  std::vector<std::string> texts(std::string_view key);
  /// One text, or a list of texts.
  std::vector<std::string> text_or_texts(std::string_view key);

  // Values with a default, which the resolved configuration shows.
  bool boolean_or(std::string_view key, bool fallback);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, IntegerRange range);
  double real_or(std::string_view key, double fallback, RealRange range);
  std::string text_or(std::string_view key, std::string_view fallback);
  template <class Q>
  Q quantity_or(std::string_view key, Q fallback, Range<Q> range) {
    record_quantity_default(key, fallback.si(), {range.low.si(), range.high.si()}, dimension_of<Q>());
    return has(key) ? quantity<Q>(key, range) : fallback;
  }
  template <class E>
  E choice_or(std::string_view key, E fallback, const std::vector<std::pair<std::string, E>>& choices) {
    for (const auto& [name, value] : choices) {
      if (value == fallback) record_choice_default(key, name, names_of(choices));
    }
    return has(key) ? choice(key, choices) : fallback;
  }

  /// A nested mapping. A scalar there is taken as the path of a YAML file, relative to the file that names it, whose
  /// mapping takes its place (so `chip: chips/resparc.yaml` and an inline chip are the same thing).
  ConfigReader section(std::string_view key);
  std::optional<ConfigReader> optional_section(std::string_view key);
  /// A list of mappings.
  std::vector<ConfigReader> sections(std::string_view key);
  /// All keys of this mapping in file order, for mappings whose keys are names (not marked as read).
  [[nodiscard]] std::vector<std::string> keys() const;

  /// Notes a problem at `key` (or at this mapping where it is absent), e.g. for checks across keys.
  void problem(std::string_view key, const std::string& reason);
  /// Dotted path from the root, e.g. chip.tile.crossbars.
  [[nodiscard]] std::string path() const;
  /// The mapping as it was written (files joined in that were opened), as one line of YAML: the value of a
  /// ConfigOverride that puts the same mapping elsewhere.
  [[nodiscard]] std::string as_written() const;
  /// Folder of the file in which this mapping is written, for relative paths.
  [[nodiscard]] std::filesystem::path folder() const;

 private:
  friend class ConfigDocument;
  ConfigReader(detail::ConfigState& state, detail::ConfigNode& node) : state_(&state), node_(&node) {}

  double quantity_si(std::string_view key, RealRange range_si, const DimensionInfo& dimension);
  void record_quantity_default(std::string_view key, double si, RealRange range_si, const DimensionInfo& dimension);
  void record_choice_default(std::string_view key, std::string_view value, const std::vector<std::string>& names);
  std::size_t choice_index(std::string_view key, const std::vector<std::string>& names);
  template <class E>
  static std::vector<std::string> names_of(const std::vector<std::pair<std::string, E>>& choices) {
    std::vector<std::string> names;
    names.reserve(choices.size());
    for (const auto& [name, value] : choices) names.push_back(name);
    return names;
  }

  detail::ConfigState* state_;
  detail::ConfigNode* node_;
};

/// One experiment or component file with everything it includes.
class ConfigDocument {
 public:
  /// Throws UserError where the file cannot be read or is not YAML; other problems wait for finish().
  static ConfigDocument from_file(const std::filesystem::path& file, const std::vector<ConfigOverride>& overrides = {});
  static ConfigDocument from_text(const std::string& text, const std::string& name,
                                  const std::vector<ConfigOverride>& overrides = {});
  ~ConfigDocument();
  ConfigDocument(ConfigDocument&&) noexcept;
  ConfigDocument& operator=(ConfigDocument&&) noexcept;

  ConfigReader root();
  /// Adds unknown and duplicate keys and unused overrides to the problems; throws UserError listing all, sorted by
  /// file, line and column, if there are any. Call once everything was read.
  void finish();
  /// The values that were read, includes resolved and defaults filled in, as YAML that reads back to the same.
  [[nodiscard]] std::string resolved() const;
  /// Every value that was asked for, in the order read.
  [[nodiscard]] std::vector<ConfigKey> keys() const;
  /// The files that were read, in order.
  [[nodiscard]] std::vector<std::filesystem::path> files() const;

 private:
  explicit ConfigDocument(std::unique_ptr<detail::ConfigState> state);
  std::unique_ptr<detail::ConfigState> state_;
};

}  // namespace crossloom
