// What every policy promises, whatever its order.
#include "client_cache/eviction_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "client_cache/lru.hpp"
#include "support/checked.hpp"
#include "support/failing_allocation.hpp"
#include "support/naive_cache.hpp"
#include "support/policies.hpp"

namespace client_cache {
namespace {

// Numbers in order, with the walks in both directions checked against each other.
template <class Policy>
std::vector<Number> order_of(const Policy& policy) {
  std::vector<Number> forwards;
  for (Number at = policy.victim(); at != kNone; at = policy.next(at)) forwards.push_back(at);
  std::vector<Number> backwards;
  for (Number at = policy.last(); at != kNone; at = policy.previous(at)) backwards.push_back(at);
  std::ranges::reverse(backwards);
  EXPECT_EQ(forwards, backwards);
  return forwards;
}

using Order = std::vector<Number>;

template <class Policy>
class EvictionPolicyTest : public ::testing::Test {
 protected:
  static constexpr Number kMost = 8;

  void insert(Number number) {
    policy->reserve(number, kMost);
    policy->inserted(number);
  }

  testing::Checked<Policy> policy;
};

TYPED_TEST_SUITE(EvictionPolicyTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(EvictionPolicyTest, NobodyIsTheVictimOfAnEmptyOrder) {
  EXPECT_EQ(this->policy->victim(), kNone);
  EXPECT_EQ(this->policy->last(), kNone);
}

TYPED_TEST(EvictionPolicyTest, TheOnlyEntryIsVictimAndLast) {
  this->insert(1);
  EXPECT_EQ(this->policy->victim(), 1U);
  EXPECT_EQ(this->policy->last(), 1U);
  EXPECT_EQ(this->policy->next(1), kNone);
  EXPECT_EQ(this->policy->previous(1), kNone);
}

TYPED_TEST(EvictionPolicyTest, EntriesUsedOnceLeaveInTheOrderTheyCame) {
  for (const Number number : {1U, 2U, 3U}) this->insert(number);
  EXPECT_EQ(order_of(*this->policy), (Order{1, 2, 3}));
}

TYPED_TEST(EvictionPolicyTest, AUseMovesTheVictimBehindEntriesUsedOnce) {
  this->insert(1);
  for (const Number number : {2U, 3U}) this->insert(number);
  this->policy->hit(1);
  EXPECT_EQ(order_of(*this->policy), (Order{2, 3, 1}));
}

TYPED_TEST(EvictionPolicyTest, AUseOfTheLastKeepsTheOrder) {
  for (const Number number : {1U, 2U}) this->insert(number);
  this->insert(3);
  for (int use = 0; use < 3; ++use) this->policy->hit(3);
  EXPECT_EQ(order_of(*this->policy), (Order{1, 2, 3}));
}

TYPED_TEST(EvictionPolicyTest, AnErasedEntryLeavesTheOthersInOrder) {
  for (const Number number : {1U, 2U, 3U, 4U}) this->insert(number);
  this->policy->erased(2);
  EXPECT_EQ(order_of(*this->policy), (Order{1, 3, 4}));
  this->policy->erased(1);
  EXPECT_EQ(order_of(*this->policy), (Order{3, 4}));
  this->policy->erased(4);
  EXPECT_EQ(order_of(*this->policy), (Order{3}));
  this->policy->erased(3);
  EXPECT_EQ(this->policy->victim(), kNone);
}

TYPED_TEST(EvictionPolicyTest, AnErasedEntryComesBackAsANewOne) {
  this->insert(1);
  this->insert(2);
  for (int use = 0; use < 3; ++use) this->policy->hit(1);
  this->policy->erased(1);
  this->policy->inserted(1);
  this->policy->hit(2);
  EXPECT_EQ(order_of(*this->policy), (Order{1, 2}));
}

TYPED_TEST(EvictionPolicyTest, AMovedPolicyTakesTheOrderAndLeavesNone) {
  for (const Number number : {1U, 2U, 3U}) this->insert(number);
  testing::Checked<TypeParam> taken(std::move(*this->policy));
  EXPECT_EQ(this->policy->victim(), kNone);
  EXPECT_EQ(order_of(*taken), (Order{1, 2, 3}));
  taken->hit(1);
  EXPECT_EQ(order_of(*taken), (Order{2, 3, 1}));

  this->insert(4);
  *this->policy = std::move(*taken);
  EXPECT_EQ(order_of(*this->policy), (Order{2, 3, 1}));
}

TYPED_TEST(EvictionPolicyTest, AnOverwrittenPolicyForgetsItsEntries) {
  this->insert(1);
  *this->policy = TypeParam();
  EXPECT_EQ(this->policy->victim(), kNone);
  this->insert(2);
  EXPECT_EQ(order_of(*this->policy), (Order{2}));
}

TYPED_TEST(EvictionPolicyTest, InsertingNeedsNoMemoryAfterReserve) {
  for (const Number number : {1U, 2U, 3U, 4U}) {
    this->policy->reserve(number, this->kMost);
    const testing::FailingAllocation failing(0);
    this->policy->inserted(number);
  }
  EXPECT_EQ(this->policy->victim(), 1U);
}

TYPED_TEST(EvictionPolicyTest, AFailedHitChangesNothing) {
  this->insert(1);
  this->insert(2);
  for (const Number number : {3U, 4U}) this->insert(number);
  for (int use = 0; use < 2; ++use) this->policy->hit(1);
  // A policy that groups by count now needs a group between those of `one` and of the rest.
  const auto unchanged = [&] { EXPECT_EQ(order_of(*this->policy), (Order{2, 3, 4, 1})); };
  testing::fail_each_allocation([&] { this->policy->hit(2); }, unchanged);
  EXPECT_EQ(this->policy->victim(), 3U);
}

// A policy over eight entries, and its definition, led through one history.
template <class Policy>
class LedPolicy {
 public:
  static constexpr int kEntries = 8;

  LedPolicy() = default;

  // The same history so far, by adopt().
  LedPolicy(const LedPolicy& original) : naive_(original.naive_) {
    for (Number at = original.order().victim(); at != kNone; at = original.order().next(at)) {
      policy_->reserve(at, kEntries);
      policy_->adopt(at, original.order(), at);
    }
  }
  LedPolicy& operator=(const LedPolicy&) = delete;
  ~LedPolicy() = default;

  // Inserts an absent entry; erases or uses one that is there.
  void step(int id, bool erase) {
    const auto number = static_cast<Number>(id + 1);
    if (!naive_.peek(id)) {
      policy_->reserve(number, kEntries);
      policy_->inserted(number);
      static_cast<void>(naive_.insert(id, id));
    } else if (erase) {
      policy_->erased(number);
      naive_.erase(id);
    } else {
      policy_->hit(number);
      naive_.get(id);
    }
  }

  void expect_defined_order() {
    Order expected;
    for (const auto& [key, value] : naive_.ordered()) expected.push_back(static_cast<Number>(key + 1));
    ASSERT_EQ(order_of(order()), expected);
  }

 private:
  const Policy& order() const { return *policy_; }

  mutable testing::Checked<Policy> policy_;
  testing::NaiveCache<Policy> naive_{kEntries};
};

TYPED_TEST(EvictionPolicyTest, OrderIsTheDefinedOneAndACloneGoesOnInStep) {
  std::mt19937 random(20240229);  // the same histories in every run
  const auto below = [&random](int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random); };
  for (int history = 0; history < 200; ++history) {
    LedPolicy<TypeParam> original;
    for (int use = 0; use < 30; ++use) {
      original.step(below(LedPolicy<TypeParam>::kEntries), below(6) == 0);
      original.expect_defined_order();
    }
    LedPolicy<TypeParam> clone(original);
    clone.expect_defined_order();
    for (int use = 0; use < 30; ++use) {
      const int id = below(LedPolicy<TypeParam>::kEntries);
      const bool erase = below(6) == 0;
      for (LedPolicy<TypeParam>* const led : {&original, &clone}) {
        led->step(id, erase);
        led->expect_defined_order();
      }
    }
  }
}

struct ThrowingOnErase : Lru {
  void erased(Number number) { Lru::erased(number); }
};
static_assert(!EvictionPolicy<ThrowingOnErase>, "removal must not fail: the cache has no way back");

}  // namespace
}  // namespace client_cache
