#include "models/neuron.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/random.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

// One neuron after another, as semantics say it.
template <class Membrane>
bool fires(const NeuronRule& rule, Membrane& membrane) {
  const bool fired = membrane >= static_cast<Membrane>(rule.threshold);
  if (fired) membrane = rule.reset == Reset::to_zero ? 0 : membrane - static_cast<Membrane>(rule.threshold);
  if (rule.floor_at_zero && membrane < 0) membrane = 0;
  return fired;
}

template <class Membrane>
void compare_with_one_by_one(const NeuronRule& rule, std::size_t count) {
  RandomStream random{RandomKey(count)};
  std::vector<Membrane> membranes;
  std::vector<std::uint32_t> neurons;
  for (std::size_t k = 0; k < count; ++k) {
    membranes.push_back(static_cast<Membrane>(random.below(40)) - 20);
    neurons.push_back(static_cast<std::uint32_t>(3 * k));
  }
  std::vector<Membrane> expected = membranes;
  std::vector<std::uint32_t> expected_fired{7};
  for (std::size_t k = 0; k < count; ++k) {
    if (fires(rule, expected[k])) expected_fired.push_back(neurons[k]);
  }
  std::vector<std::uint32_t> fired{7};  // what fired before stays
  EXPECT_EQ(fire(rule, membranes.data(), neurons.data(), count, fired), expected_fired.size() - 1);
  EXPECT_EQ(fired, expected_fired);
  EXPECT_EQ(membranes, expected);
}

TEST(Fire, AgreesWithOneNeuronAfterAnother) {
  for (const std::size_t count : {0U, 1U, 7U, 63U, 64U, 65U, 200U}) {
    for (const Reset reset : {Reset::by_subtraction, Reset::to_zero}) {
      for (const bool floor : {false, true}) {
        compare_with_one_by_one<std::int32_t>({5, reset, floor}, count);
        compare_with_one_by_one<double>({5, reset, floor}, count);
      }
    }
  }
}

TEST(NeuronRule, ComesFromLayerAndSpecification) {
  SpikingNetwork network = test::random_spiking_network({});
  network.layers[LayerId(1)].threshold = 17;
  network.spec.reset = Reset::to_zero;
  network.spec.membrane_floor_at_zero = true;
  const NeuronRule rule = neuron_rule(network, LayerId(1));
  EXPECT_EQ(rule.threshold, 17);
  EXPECT_EQ(rule.reset, Reset::to_zero);
  EXPECT_TRUE(rule.floor_at_zero);
}

}  // namespace
}  // namespace crossloom
