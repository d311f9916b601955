// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/json.hpp"

#include "catch.hpp"

using namespace infwidth;

TEST_CASE("JSON strings escape what JSON forbids and mend what is no UTF-8", "[json]") {
  CHECK(json_string("a \"b\" \\ c") == R"("a \"b\" \\ c")");
  CHECK(json_string("line\n\ttab\x01") == R"("line\n\ttab\u0001")");
  CHECK(json_string("\xCF\x83_w\xC2\xB2 \xE2\x88\x9E \xF0\x9D\x94\xB8") == "\"\xCF\x83_w\xC2\xB2 \xE2\x88\x9E \xF0\x9D\x94\xB8\"");
  CHECK(json_string("\xFF|\xC0\xAF|\xED\xA0\x80|\xE2\x88") == R"("\ufffd|\ufffd\ufffd|\ufffd\ufffd\ufffd|\ufffd\ufffd")");
  CHECK(json_string("") == R"("")");
}

TEST_CASE("user text in messages is short and printable", "[json]") {
  CHECK(shown("tanh(x)") == "tanh(x)");
  CHECK(shown("a\nb\x1b[31m\xFF") == "a\\x0ab\\x1b[31m\\xff");
  CHECK(shown(std::string(1000, 'x')) == std::string(60, 'x') + "...");
}
