// A configuration document from first byte to verdict.
#include <fmt/format.h>

#include "base/config_node.h"
#include "base/config_reader.h"
#include "base/error.h"

namespace crossloom {

using detail::ConfigNode;
using detail::ConfigState;

namespace {

void add_overrides(ConfigState& state, const std::vector<ConfigOverride>& overrides) {
  for (const ConfigOverride& item : overrides) state.overrides.push_back({item, false});
}

template <class Parse>
void parse_root(ConfigState& state, Parse parse) {
  try {
    state.root = parse();
    const ConfigNode& root = *state.root;
    if (root.kind == ConfigNode::Kind::mapping) return;
    throw detail::ConfigSyntaxError(root.mark(), "expected a mapping (lines of key: value), got " + describe(root));
  } catch (const detail::ConfigSyntaxError& error) {
    throw UserError(detail::problem_text({error.mark, "", error.what()}));
  }
}

}  // namespace

ConfigOverride parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string path = text.substr(0, equals);
  const bool empty_part =
      path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != std::string::npos;
  if (equals == std::string::npos || empty_part) {
    throw UserError(fmt::format("--set needs key=value, such as chip.crossbar.rows=64; got \"{}\"", text));
  }
  return {path, text.substr(equals + 1)};
}

ConfigDocument::ConfigDocument(std::unique_ptr<ConfigState> state) : state_(std::move(state)) {}
ConfigDocument::~ConfigDocument() = default;
ConfigDocument::ConfigDocument(ConfigDocument&&) noexcept = default;
ConfigDocument& ConfigDocument::operator=(ConfigDocument&&) noexcept = default;

ConfigDocument ConfigDocument::from_file(const std::filesystem::path& file,
                                         const std::vector<ConfigOverride>& overrides) {
  auto state = std::make_unique<ConfigState>();
  add_overrides(*state, overrides);
  std::error_code error;
  state->sources.push_back({file.string(), file.parent_path(), {std::filesystem::weakly_canonical(file, error)}});
  state->files.push_back(file);
  parse_root(*state, [&] { return detail::parse_yaml_file(file, state->sources.back(), "", state->problems); });
  return ConfigDocument(std::move(state));
}

ConfigDocument ConfigDocument::from_text(const std::string& text, const std::string& name,
                                         const std::vector<ConfigOverride>& overrides) {
  auto state = std::make_unique<ConfigState>();
  add_overrides(*state, overrides);
  state->sources.push_back({name, {}, {}});
  parse_root(*state, [&] { return detail::parse_yaml(text, state->sources.back(), "", state->problems); });
  return ConfigDocument(std::move(state));
}

ConfigReader ConfigDocument::root() {
  ConfigNode* node = state_->open(state_->root);
  return ConfigReader(*state_, *node);
}

void ConfigDocument::finish() {
  detail::note_leftovers(*state_);
  if (!state_->problems.empty()) throw UserError(detail::problems_text(state_->problems));
}

std::string ConfigDocument::resolved() const { return detail::resolved_yaml(*state_->root); }

std::vector<ConfigKey> ConfigDocument::keys() const {
  std::vector<ConfigKey> keys;
  detail::list_keys(*state_->root, keys);
  return keys;
}

std::vector<std::filesystem::path> ConfigDocument::files() const { return state_->files; }

}  // namespace crossloom
