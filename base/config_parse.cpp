// YAML text into ConfigNodes. yaml-cpp's events are used rather than its nodes, because the nodes hide keys given
// twice, lose marks and turn scalars into numbers in ways that nobody asked for (010 is 8, "yes" is true, ".inf").
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/config_node.h"
#include "base/error.h"
#include "base/files.h"

namespace crossloom::detail {

namespace {

constexpr std::size_t kMaximumNesting = 32;
constexpr std::size_t kMaximumFileSize = std::size_t{4} << 20U;

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const ConfigSource& source, std::string path, std::vector<ConfigProblem>& problems)
      : source_(source), path_(std::move(path)), problems_(problems) {}

  std::unique_ptr<ConfigNode> take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_) refuse(mark, "a second document begins here; one file holds one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_plain(mark, "?", anchor);
    check_not_key(mark, "an empty key");
    add(mark, ConfigNode::Kind::null);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not supported; write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_plain(mark, tag, anchor);
    if (expects_key()) {
      if (tag != "!" && value == "<<") refuse(mark, "merge keys (<<) are not supported; write the keys out");
      if (value.empty()) refuse(mark, "an empty key");
      open_.back().key = Key{value, mark.line + 1, mark.column + 1};
      return;
    }
    ConfigNode& node = add(mark, ConfigNode::Kind::scalar);
    node.scalar = value;
    node.quoted = tag == "!";
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, ConfigNode::Kind::sequence);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, ConfigNode::Kind::mapping);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Key {
    std::string name;
    int line;
    int column;
  };
  struct Frame {
    ConfigNode* node;
    std::optional<Key> key;
  };

  SourceMark mark_of(const YAML::Mark& mark) const { return {source_.name, mark.line + 1, mark.column + 1}; }

  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& reason) const {
    throw ConfigSyntaxError(mark_of(mark), reason);
  }
  void check_plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != YAML::NullAnchor) refuse(mark, "anchors (&name) are not supported; write the value out");
    if (tag != "?" && tag != "!" && !tag.empty()) refuse(mark, fmt::format("tags ({}) are not supported", tag));
  }
  bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == ConfigNode::Kind::mapping && !open_.back().key;
  }
  void check_not_key(const YAML::Mark& mark, const char* what) const {
    if (expects_key()) refuse(mark, fmt::format("{}; a key must be a word", what));
  }

  void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, ConfigNode::Kind kind) {
    check_plain(mark, tag, anchor);
    check_not_key(mark, kind == ConfigNode::Kind::mapping ? "a mapping as a key" : "a list as a key");
    if (open_.size() >= kMaximumNesting) refuse(mark, fmt::format("nested more than {} deep", kMaximumNesting));
    ConfigNode& node = add(mark, kind);
    open_.push_back({&node, std::nullopt});
  }

  ConfigNode& add(const YAML::Mark& mark, ConfigNode::Kind kind) {
    auto node = std::make_unique<ConfigNode>();
    ConfigNode& added = *node;
    added.kind = kind;
    added.source = &source_;
    added.line = mark.line + 1;
    added.column = mark.column + 1;
    if (open_.empty()) {
      added.path = path_;
      root_ = std::move(node);
      return added;
    }
    Frame& frame = open_.back();
    if (frame.node->kind == ConfigNode::Kind::sequence) {
      added.path = fmt::format("{}[{}]", frame.node->path, frame.node->items.size());
      frame.node->items.push_back(std::move(node));
    } else {
      add_entry(*frame.node, *frame.key, std::move(node));
      frame.key.reset();
    }
    return added;
  }

  void add_entry(ConfigNode& mapping, const Key& key, std::unique_ptr<ConfigNode> node) {
    node->path = mapping.path_of(key.name);
    if (node->kind == ConfigNode::Kind::null) {  // yaml-cpp puts nothing where the next thing stands
      node->line = key.line;
      node->column = key.column;
    }
    if (const ConfigEntry* first = mapping.find(key.name)) {
      problems_.push_back({{source_.name, key.line, key.column},
                           node->path,
                           fmt::format("key given twice; first in line {}", first->line)});
      doubles_.push_back(std::move(node));
      return;
    }
    mapping.index.emplace(key.name, mapping.entries.size());
    mapping.entries.push_back({key.name, key.line, key.column, false, false, std::move(node)});
  }

  const ConfigSource& source_;
  std::string path_;
  std::vector<ConfigProblem>& problems_;
  std::unique_ptr<ConfigNode> root_;
  std::vector<std::unique_ptr<ConfigNode>> doubles_;  // still written to while their events come
  std::vector<Frame> open_;
};

}  // namespace

std::unique_ptr<ConfigNode> parse_yaml(const std::string& text, const ConfigSource& source, const std::string& path,
                                       std::vector<ConfigProblem>& problems) {
  if (text.find('\0') != std::string::npos) {
    throw ConfigSyntaxError({source.name, 0, 0}, "not a text file in UTF-8 (it holds zero bytes)");
  }
  TreeBuilder builder(source, path, problems);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const bool has_mark = error.mark.line >= 0;
    throw ConfigSyntaxError({source.name, has_mark ? error.mark.line + 1 : 0, has_mark ? error.mark.column + 1 : 0},
                            "not YAML: " + error.msg);
  }
  std::unique_ptr<ConfigNode> root = builder.take_root();
  if (!root) {
    root = std::make_unique<ConfigNode>();
    root->source = &source;
    root->line = root->column = 1;
    root->path = path;
  }
  return root;
}

std::unique_ptr<ConfigNode> parse_yaml_file(const std::filesystem::path& file, const ConfigSource& source,
                                            const std::string& path, std::vector<ConfigProblem>& problems) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > kMaximumFileSize) {
    throw UserError(
        fmt::format("{} has {} bytes; a configuration file may have {}", file.string(), size, kMaximumFileSize));
  }
  return parse_yaml(read_file(file), source, path, problems);
}

}  // namespace crossloom::detail
