// SPDX-License-Identifier: GPL-3.0-or-later
// The files of the first case are those of numpy.savez_compressed and numpy.savez, NumPy 2.4.6.
#include "infwidth/io/npz.hpp"

#include <limits>
#include <stdexcept>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"
#include "support/zip.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<double> six = {1, 2, 3, 4, 5, -6.5};

std::string from_hex(const std::string& hex) {
  std::string r;
  for (std::size_t i = 0; i < hex.size(); i += 2) r += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return r;
}

NpzFile open(const std::string& bytes, bool sized = true) { return NpzFile(source_of(bytes, "net.npz", 77, sized ? std::optional<std::uint64_t>(bytes.size()) : std::nullopt)); }

/// What reading all of an archive says.
std::string refusal(const std::string& bytes) {
  try {
    const NpzFile file = open(bytes);
    for (const std::string& name : file.names()) file.read(name, "mend it");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}
std::string refusal_of(ZipMember member) {  // of no name or bytes: with some
  if (member.name.empty()) member.name = "W1.npy";
  if (member.bytes.empty()) member.bytes = npy_bytes({2, 3}, six);
  return refusal(zip_file({member}));
}

const char* const numpy_compressed =
    "504b03042d0000000800000021001fe9e23fffffffffffffffff0600140057312e6e707901001000900000000000000053000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366"
    "a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a0a469a3a0ab50a64032e0686067b060606072002e2090e00504b03042d000000080000002100bcd4baa1ffffff"
    "ffffffffff0600140062312e6e70790100100090000000000000004d000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f54529498179f5f94920a12774bcc"
    "294e058a17672416a402f91a463a9a3a0ab50a14002e063078600fa13fec0700504b01022d032d0000000800000021001fe9e23f53000000900000000600000000000000000000008001000000005731"
    "2e6e7079504b01022d032d000000080000002100bcd4baa14d0000009000000006000000000000000000000080018b00000062312e6e7079504b0506000000000200020068000000100100000000";
const char* const numpy_stored =
    "504b03042d000000000000002100bcd4baa1ffffffffffffffff0600140062312e6e70790100100090000000000000009000000000000000934e554d5059010076007b276465736372273a20273c6638"
    "272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d20202020202020202020202020202020202020202020202020202020202020202020202020"
    "20202020202020202020202020202020202020202020200a000000000000e03f000000000000f0bf504b01022d032d000000000000002100bcd4baa19000000090000000060000000000000000000000"
    "80010000000062312e6e7079504b0506000000000100010034000000c80000000000";

}  // namespace

TEST_CASE("NumPy's archives are read, stored and compressed", "[npz]") {
  const NpzFile compressed = open(from_hex(numpy_compressed));
  CHECK(compressed.names() == std::vector<std::string>{"W1", "b1"});
  CHECK(compressed.header("W1").shape == std::vector<std::uint64_t>{2, 2});
  CHECK(compressed.header("W1").size == 4);
  CHECK(compressed.read("W1", "").values == std::vector<double>{1, 2, 3, 4.5});
  CHECK(compressed.read("b1", "").values == std::vector<double>{0.5, -1});
  CHECK(compressed.has("b1"));
  CHECK_FALSE(compressed.has("b2"));
  CHECK_THROWS_AS(compressed.read("b2", ""), std::out_of_range);
  const NpzFile stored = open(from_hex(numpy_stored), false);
  CHECK(stored.read("b1", "").values == std::vector<double>{0.5, -1});
  CHECK(stored.header("b1").shape == std::vector<std::uint64_t>{2});
}

TEST_CASE("archives of other writers are read too", "[npz]") {
  const std::string bytes = npy_bytes({2, 3}, six);
  for (const bool deflate : {false, true}) {
    for (const bool wide : {false, true}) {
      for (const unsigned flags : {0U, 0x800U}) {
        CAPTURE(deflate, wide, flags);
        CHECK(open(zip_file({{"a.npy", bytes, deflate, wide, {}, {}, {}, {}, {}, {}, 8, flags}, {"b.npy", bytes, !deflate, wide}}, "a comment")).read("b", "").values == six);
      }
    }
  }
  // Written to a pipe: sizes and checksum follow the data, and its own header has none.
  std::string piped = zip_file({{"a.npy", bytes, true, false, {}, {}, {}, {}, {}, {}, 8, 8}});
  for (std::size_t i = 14; i < 26; ++i) piped[i] = '\0';
  CHECK(open(piped).read("a", "").values == six);
  // Fortran order
  std::string by_columns = npy_bytes({2, 3}, six);
  by_columns.replace(by_columns.find("False"), 5, "True ");
  CHECK(open(zip_file({{"a.npy", by_columns}})).read("a", "").values == std::vector<double>{1, 3, 5, 2, 4, -6.5});
}

TEST_CASE("what is no archive of arrays says so", "[npz]") {
  CHECK_THAT(refusal(std::string("1,2,3\n")), ContainsSubstring("net.npz: is no archive of arrays (.npz); save them with numpy.savez"));
  CHECK_THAT(refusal(npy_bytes({2, 3}, six)), ContainsSubstring("is one array (.npy)"));
  CHECK_THAT(refusal(std::string()), ContainsSubstring("is no archive"));
  CHECK_THAT(refusal(zip_file({})), ContainsSubstring("holds no array"));
  CHECK_THAT(refusal_of({"notes.txt", "hello"}), ContainsSubstring("net.npz, member notes.txt: is no array (.npy)"));
  CHECK_THAT(refusal_of({".npy", "hello"}), ContainsSubstring("is no array"));
  CHECK_THAT(refusal(zip_file({{"net/data.pkl", "x"}, {"net/data/0", "y"}})), ContainsSubstring("checkpoint of PyTorch") && ContainsSubstring("state_dict()"));
  CHECK_THAT(refusal(zip_file({{"a.npy", npy_bytes({2, 3}, six)}, {"a.npy", npy_bytes({2, 3}, six)}})), ContainsSubstring("a.npy: is there twice"));
  CHECK_THAT(refusal_of({"W1.npy", "not an array"}), ContainsSubstring("net.npz, array W1: is no .npy file"));
}

TEST_CASE("damaged archives say where", "[npz]") {
  const std::string bytes = npy_bytes({2, 3}, six), good = zip_file({{"W1.npy", bytes, true}, {"b1.npy", bytes}});
  REQUIRE(refusal(good) == "accepted");
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(refusal(good.substr(0, size)) != "accepted");
  CHECK_THAT(refusal(good.substr(0, good.size() / 2)), ContainsSubstring("archive without its end; was it copied to its end?"));
  CHECK_THAT(refusal("xx" + good), ContainsSubstring("is no archive"));
  CHECK_THAT(refusal(good + "x"), ContainsSubstring("without its end"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .checksum = 1}), ContainsSubstring("net.npz, array W1: is damaged: its checksum is another one"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .checksum = 1}), ContainsSubstring("its checksum is another one"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .own_name = "W2.npy"}), ContainsSubstring("does not say of itself what the directory says"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .packed = deflated(bytes.substr(0, 150))}), ContainsSubstring("compressed bytes end before the array does"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .packed = deflated(bytes + "more")}), ContainsSubstring("make more than the directory says"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .packed = deflated(bytes) + "more"}), ContainsSubstring("bytes follow the end"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .packed = std::string(60, '\x07')}), ContainsSubstring("cannot be unpacked"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .method = 14}), ContainsSubstring("is compressed by method 14"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .flags = 1}), ContainsSubstring("is encrypted"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .flags = 0x40}), ContainsSubstring("a feature of zip files"));
  // Every byte changed, one after the other: read as it was, or refused.
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    if (refusal(bad) != "accepted") continue;
    const NpzFile file = open(bad);
    CAPTURE(i);
    for (const std::string& name : file.names()) CHECK(file.read(name, "").values == six);
  }
}

TEST_CASE("a small file cannot ask for much memory", "[npz]") {
  const std::string bytes = npy_bytes({2, 3}, six);
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .claimed_size = 1U << 31, .claimed_stored = 1U << 31}), ContainsSubstring("claims 2147483648 bytes, more than the file has"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .deflated = true, .claimed_size = 1U << 31}), ContainsSubstring("bytes cannot make"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .claimed_size = 5}), ContainsSubstring("bytes cannot make"));
  CHECK_THAT(refusal_of({.name = {}, .bytes = {}, .claimed_size = 0xFFFFFFFF}), ContainsSubstring("larger than 4 GiB"));
  // The shape claims more than the member has; two members share their bytes.
  std::string huge = npy_bytes({2, 3}, six);
  huge.replace(huge.find("(2, 3), }      "), 15, "(99999999, 3),}");
  CHECK_THAT(refusal_of({"W1.npy", huge}), ContainsSubstring("net.npz, array W1: has 48 bytes of data, where its shape"));
  CHECK_THAT(refusal(zip_file({{"a.npy", bytes}, {.name = "a.npy", .bytes = bytes, .claimed_begin = 0}})), ContainsSubstring("is there twice"));
  std::string overlapping = zip_file({{"a.npy", bytes, false, false}, {"b.npy", bytes, false, false}});
  const std::size_t second = overlapping.rfind("PK\x01\x02"), own = overlapping.find("b.npy");
  overlapping[own] = 'a';
  overlapping[second + 46] = 'b';
  CHECK_THAT(refusal(overlapping), ContainsSubstring("does not say of itself"));
  // A member whose bytes hold another member.
  const std::string inner = zip_file({{"b.npy", bytes, false, false}}), header = inner.substr(0, 30 + 5), outer_bytes = header + bytes;
  const std::string nested = zip_file({{"a.npy", outer_bytes, false, false}, {.name = "b.npy", .bytes = bytes, .sizes_in_64_bits = false, .claimed_begin = 35}});
  CHECK_THAT(refusal(nested), ContainsSubstring("its members overlap"));
}

TEST_CASE("a number that is not finite has its array, its place and the caller's cure", "[npz]") {
  std::vector<double> bad = six;
  bad[4] = std::numeric_limits<double>::infinity();
  CHECK_THAT(refusal_of({"b7.npy", npy_bytes({2, 3}, bad)}), ContainsSubstring("net.npz, array b7: row 2, column 2: inf is not a finite number; mend it"));
}
