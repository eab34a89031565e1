// A BoundedCache against its definition, whatever is done to it.
#include <gtest/gtest.h>

#include <random>

#include "support/history.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

template <class Policy>
class BoundedCacheHistoryTest : public ::testing::Test {};
TYPED_TEST_SUITE(BoundedCacheHistoryTest, testing::Policies, testing::PolicyNames);

// Every operation at random, against the definition; the fuzzer goes on where this ends.
template <class History>
void run_random_history(Lifetime lifetime = {}) {
  std::mt19937 random(42);  // the same histories in every run
  const auto choose = [&random](int count) { return std::uniform_int_distribution<int>(0, count - 1)(random); };
  History history(lifetime);
  for (int step = 0; step < 10'000; ++step) ASSERT_NO_THROW(history.step(choose)) << "step " << step;
}

TYPED_TEST(BoundedCacheHistoryTest, AgreesWithItsDefinition) {
  run_random_history<testing::History<TypeParam, 1'000'000>>();
}

TYPED_TEST(BoundedCacheHistoryTest, AgreesWithItsDefinitionWhenHashesCollide) {
  run_random_history<testing::History<TypeParam, 1>>();
  run_random_history<testing::History<TypeParam, 5>>();
}

TYPED_TEST(BoundedCacheHistoryTest, AgreesWithItsDefinitionWhenEntriesExpire) {
  using History = testing::History<TypeParam, 1'000'000>;
  run_random_history<History>({.ttl = Time(100)});
  run_random_history<History>({.idle_ttl = Time(60)});
  run_random_history<History>({.ttl = Time(150), .idle_ttl = Time(50)});
}

}  // namespace
}  // namespace client_cache
