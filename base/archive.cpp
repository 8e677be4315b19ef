// Layout of an archive: magic (8 bytes), length of the JSON header (8 bytes, little-endian), the JSON header, the
// arrays one after another in the order of the header's directory, SHA-256 of everything before it (32 bytes).
#include "base/archive.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/sha256.h"

namespace crossloom {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are written as they lie in memory");

namespace {

constexpr std::string_view kMagic = "XLOOMAR1";
constexpr std::size_t kLengthSize = 8;
constexpr std::size_t kDigestSize = 32;

[[noreturn]] void refuse(const std::string& origin, const std::string& reason) {
  throw UserError(fmt::format("{}: {}", origin, reason));
}

[[noreturn]] void refuse_damage(const std::string& origin, const std::string& what) {
  refuse(origin, fmt::format("damaged ({}); delete it and make it again", what));
}

std::string_view as_bytes(const Sha256::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string length_bytes(std::uint64_t length) {
  std::string bytes(kLengthSize, '\0');
  std::memcpy(bytes.data(), &length, kLengthSize);
  return bytes;
}

struct Parts {
  nlohmann::json head;
  std::string_view payload;
};

/// Checks everything that can be checked without knowing what is inside.
Parts split(std::string_view bytes, const std::string& origin) {
  if (bytes.substr(0, kMagic.size()) != kMagic) refuse(origin, "not a file of this program");
  if (bytes.size() < kMagic.size() + kLengthSize + kDigestSize) refuse_damage(origin, "cut short");
  const std::string_view body = bytes.substr(0, bytes.size() - kDigestSize);
  if (as_bytes(sha256(body)) != bytes.substr(body.size())) refuse_damage(origin, "cut short or changed");
  std::uint64_t length = 0;
  std::memcpy(&length, body.data() + kMagic.size(), kLengthSize);
  const std::string_view rest = body.substr(kMagic.size() + kLengthSize);
  if (length > rest.size()) refuse_damage(origin, "header longer than the file");
  const std::string_view text = rest.substr(0, length);
  Parts parts;
  parts.head = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!parts.head.is_object()) refuse_damage(origin, "unreadable header");
  parts.payload = rest.substr(length);
  return parts;
}

/// The value at `key` if it is there and of the JSON type asked for.
const nlohmann::json& field(const nlohmann::json& object, const char* key, nlohmann::json::value_t type,
                            const std::string& origin) {
  const auto found = object.find(key);
  if (found == object.end() || found->type() != type) refuse_damage(origin, fmt::format("no {} in the header", key));
  return *found;
}

void expect_kind_and_version(const nlohmann::json& head, const std::string& origin, const std::string& kind,
                             int version) {
  const auto& found_kind = field(head, "kind", nlohmann::json::value_t::string, origin).get_ref<const std::string&>();
  if (found_kind != kind) refuse(origin, fmt::format("holds a {}, but a {} is needed here", found_kind, kind));
  const auto found = field(head, "version", nlohmann::json::value_t::number_unsigned, origin).get<std::uint64_t>();
  if (found == static_cast<std::uint64_t>(version)) return;
  refuse(origin, fmt::format("{} of version {}, but this program reads version {}; make it again with this program",
                             kind, found, version));
}

}  // namespace

std::string Archive::to_bytes() const {
  CROSSLOOM_CHECK(version_ >= 0, "an archive's version is negative");
  nlohmann::json directory = nlohmann::json::array();
  for (const auto& [name, bytes] : arrays_) {
    directory.push_back({{"name", name}, {"bytes", static_cast<std::uint64_t>(bytes.size())}});
  }
  const nlohmann::json head = {
      {"kind", kind_}, {"version", static_cast<std::uint64_t>(version_)}, {"header", header}, {"arrays", directory}};
  std::string text;
  try {
    text = head.dump();
  } catch (const nlohmann::json::exception& error) {
    throw Bug(fmt::format("the header of a {} archive has no text form: {}", kind_, error.what()));
  }
  std::string bytes(kMagic);
  bytes += length_bytes(text.size());
  bytes += text;
  for (const auto& [name, array] : arrays_) bytes += array;
  bytes += as_bytes(sha256(bytes));
  return bytes;
}

Archive Archive::from_bytes(const std::string& bytes, const std::string& origin, const std::string& kind, int version) {
  const Parts parts = split(bytes, origin);
  expect_kind_and_version(parts.head, origin, kind, version);
  Archive archive(kind, version);
  archive.origin_ = origin;
  archive.header = field(parts.head, "header", nlohmann::json::value_t::object, origin);
  std::string_view left = parts.payload;
  for (const nlohmann::json& item : field(parts.head, "arrays", nlohmann::json::value_t::array, origin)) {
    if (!item.is_object()) refuse_damage(origin, "unreadable directory");
    const auto& name = field(item, "name", nlohmann::json::value_t::string, origin).get_ref<const std::string&>();
    const auto size = field(item, "bytes", nlohmann::json::value_t::number_unsigned, origin).get<std::uint64_t>();
    if (size > left.size()) refuse_damage(origin, "array longer than the file");
    if (!archive.arrays_.emplace(name, left.substr(0, size)).second) refuse_damage(origin, "array named twice");
    left.remove_prefix(size);
  }
  if (!left.empty()) refuse_damage(origin, "bytes that belong to no array");
  return archive;
}

void Archive::save(const std::filesystem::path& file) const { write_file_atomically(file, to_bytes()); }

Archive Archive::load(const std::filesystem::path& file, const std::string& kind, int version) {
  return from_bytes(read_file(file), file.string(), kind, version);
}

const std::string& Archive::array(const std::string& name, std::size_t element_size) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end()) refuse(origin_, fmt::format("array {} is missing; make the file again", name));
  if (found->second.size() % element_size != 0) {
    refuse(origin_, fmt::format("array {} has {} bytes, not a multiple of {}; make the file again", name,
                                found->second.size(), element_size));
  }
  return found->second;
}

}  // namespace crossloom
