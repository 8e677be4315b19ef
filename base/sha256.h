// SHA-256 (FIPS 180-4) of bytes that come in pieces. Private to base; base/files.h has the one-call forms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crossloom {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  void add(std::string_view bytes);
  /// The digest of everything added; call once, last.
  Digest finish();

 private:
  void absorb(const unsigned char* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667U, 0xbb67ae85U, 0x3c6ef372U, 0xa54ff53aU,
                                         0x510e527fU, 0x9b05688cU, 0x1f83d9abU, 0x5be0cd19U};
  std::array<unsigned char, 64> pending_{};
  std::size_t pending_size_ = 0;
  std::uint64_t length_ = 0;
};

Sha256::Digest sha256(std::string_view bytes);
/// Lower-case hexadecimal.
std::string to_hex(const Sha256::Digest& digest);

}  // namespace crossloom
