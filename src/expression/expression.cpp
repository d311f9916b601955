// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/expression.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <unordered_set>

#include "fold.hpp"

namespace infwidth {

struct Expression::Node {
  Op op = Op::number;
  Rational value = 0;
  std::string name = {};
  std::vector<Expression> arguments = {};
  std::size_t size = 1;
  std::size_t hash = 0;
  bool kinked = false;
  std::uint64_t variables = 0;  // one bit for each name met below, by its hash: a quick no for depends_on
};

namespace {

constexpr std::size_t largest_size = std::numeric_limits<std::size_t>::max() / 4;  // sizes of shared trees grow like 2^depth: stop there

std::size_t mix(std::size_t seed, std::size_t value) {
  return (seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2))) * 0xff51afd7ed558ccdULL;
}

std::size_t hash_of(const Integer& n) {
  const mpz_srcptr z = n.backend().data();
  std::size_t h = static_cast<std::size_t>(mpz_sgn(z) + 2);
  for (std::size_t i = 0; i < mpz_size(z); ++i) h = mix(h, static_cast<std::size_t>(mpz_getlimbn(z, static_cast<mp_size_t>(i))));
  return h;
}

std::uint64_t bit_of(std::string_view name) { return std::uint64_t{1} << (std::hash<std::string_view>{}(name) % 64); }

std::size_t arity(Op op) {
  switch (op) {
    case Op::number: case Op::pi: case Op::variable: return 0;
    case Op::add: case Op::subtract: case Op::multiply: case Op::divide: case Op::power: case Op::min: case Op::max:
    case Op::owens_t: case Op::erf_re: case Op::erf_im: return 2;
    case Op::hyp2f1: return 4;
    default: return 1;
  }
}

bool is_kinked(Op op) { return op >= Op::relu; }

}  // namespace

Expression::Expression(const Rational& value) {
  Node node;
  node.value = value;
  node.hash = mix(mix(1, hash_of(numerator(value))), hash_of(denominator(value)));
  node_ = std::make_shared<const Node>(std::move(node));
}

Expression Expression::pi() {
  Node node;
  node.op = Op::pi;
  node.hash = mix(2, 0);
  return Expression(std::make_shared<const Node>(std::move(node)));
}

Expression Expression::variable(std::string_view name) {
  Node node;
  node.op = Op::variable;
  node.name = name;
  node.hash = mix(3, std::hash<std::string_view>{}(name));
  node.variables = bit_of(name);
  return Expression(std::make_shared<const Node>(std::move(node)));
}

Expression Expression::make(Op op, std::vector<Expression> arguments) {
  if (arity(op) == 0 || arguments.size() != arity(op)) throw std::logic_error("Expression::make: wrong number of arguments");
  if (std::optional<Expression> folded = fold(op, arguments)) return *std::move(folded);
  Node node;
  node.op = op;
  node.hash = mix(4, static_cast<std::size_t>(op));
  node.kinked = is_kinked(op);
  for (const Expression& a : arguments) {
    node.size = std::min(largest_size, node.size + a.node_->size);
    node.hash = mix(node.hash, a.node_->hash);
    node.kinked = node.kinked || a.node_->kinked;
    node.variables |= a.node_->variables;
  }
  node.arguments = std::move(arguments);
  return Expression(std::make_shared<const Node>(std::move(node)));
}

Op Expression::op() const { return node_->op; }
const Rational& Expression::value() const { return node_->value; }
const std::string& Expression::name() const { return node_->name; }
const std::vector<Expression>& Expression::arguments() const { return node_->arguments; }
bool Expression::has_kinked_function() const { return node_->kinked; }
std::size_t Expression::size() const { return node_->size; }
std::size_t Expression::hash() const { return node_->hash; }

bool Expression::depends_on(std::string_view name) const {
  const std::uint64_t bit = bit_of(name);
  std::unordered_set<const Node*> seen;  // subtrees are shared: visit each once
  std::vector<const Node*> open = {node_.get()};
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if ((node->variables & bit) == 0 || !seen.insert(node).second) continue;
    if (node->op == Op::variable && node->name == name) return true;
    for (const Expression& a : node->arguments) open.push_back(a.node_.get());
  }
  return false;
}

bool Expression::operator==(const Expression& other) const {
  const Node &a = *node_, &b = *other.node_;
  if (&a == &b) return true;
  return a.hash == b.hash && a.op == b.op && a.size == b.size && a.value == b.value && a.name == b.name && a.arguments == b.arguments;
}

}  // namespace infwidth
