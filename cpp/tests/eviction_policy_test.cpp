// What every policy promises, whatever its order.
#include "client_cache/eviction_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
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

template <class Policy>
struct Element : Policy::Hook {
  explicit Element(int element_id) : id(element_id) {}
  int id;
};

// Ids in order, with the walks in both directions checked against each other.
template <class Policy>
std::vector<int> order_of(const Policy& policy) {
  const auto id_of = [](const auto& hook) { return static_cast<const Element<Policy>&>(hook).id; };
  std::vector<int> forwards;
  for (const auto* hook = policy.victim(); hook != nullptr; hook = policy.next(*hook)) forwards.push_back(id_of(*hook));
  std::vector<int> backwards;
  for (const auto* hook = policy.last(); hook != nullptr; hook = policy.previous(*hook)) {
    backwards.push_back(id_of(*hook));
  }
  std::ranges::reverse(backwards);
  EXPECT_EQ(forwards, backwards);
  return forwards;
}

template <class Policy>
class EvictionPolicyTest : public ::testing::Test {
 protected:
  Element<Policy>& insert(int id) {
    Element<Policy>& element = elements.emplace_back(id);
    policy->reserve();
    policy->inserted(element);
    return element;
  }

  std::deque<Element<Policy>> elements;
  testing::Checked<Policy> policy;
};

TYPED_TEST_SUITE(EvictionPolicyTest, testing::Policies, testing::PolicyNames);

TYPED_TEST(EvictionPolicyTest, NobodyIsTheVictimOfAnEmptyOrder) {
  EXPECT_EQ(this->policy->victim(), nullptr);
  EXPECT_EQ(this->policy->last(), nullptr);
}

TYPED_TEST(EvictionPolicyTest, TheOnlyEntryIsVictimAndLast) {
  auto& only = this->insert(1);
  EXPECT_EQ(this->policy->victim(), &only);
  EXPECT_EQ(this->policy->last(), &only);
  EXPECT_EQ(this->policy->next(only), nullptr);
  EXPECT_EQ(this->policy->previous(only), nullptr);
}

TYPED_TEST(EvictionPolicyTest, EntriesUsedOnceLeaveInTheOrderTheyCame) {
  for (const int id : {1, 2, 3}) this->insert(id);
  EXPECT_EQ(order_of(*this->policy), (std::vector{1, 2, 3}));
}

TYPED_TEST(EvictionPolicyTest, AUseMovesTheVictimBehindEntriesUsedOnce) {
  auto& one = this->insert(1);
  for (const int id : {2, 3}) this->insert(id);
  this->policy->hit(one);
  EXPECT_EQ(order_of(*this->policy), (std::vector{2, 3, 1}));
}

TYPED_TEST(EvictionPolicyTest, AUseOfTheLastKeepsTheOrder) {
  for (const int id : {1, 2}) this->insert(id);
  auto& last = this->insert(3);
  for (int use = 0; use < 3; ++use) this->policy->hit(last);
  EXPECT_EQ(order_of(*this->policy), (std::vector{1, 2, 3}));
}

TYPED_TEST(EvictionPolicyTest, AnErasedEntryLeavesTheOthersInOrder) {
  for (const int id : {1, 2, 3, 4}) this->insert(id);
  this->policy->erased(this->elements[1]);
  EXPECT_EQ(order_of(*this->policy), (std::vector{1, 3, 4}));
  this->policy->erased(this->elements[0]);
  EXPECT_EQ(order_of(*this->policy), (std::vector{3, 4}));
  this->policy->erased(this->elements[3]);
  EXPECT_EQ(order_of(*this->policy), (std::vector{3}));
  this->policy->erased(this->elements[2]);
  EXPECT_EQ(this->policy->victim(), nullptr);
}

TYPED_TEST(EvictionPolicyTest, AnErasedEntryComesBackAsANewOne) {
  auto& one = this->insert(1);
  this->insert(2);
  for (int use = 0; use < 3; ++use) this->policy->hit(one);
  this->policy->erased(one);
  this->policy->reserve();
  this->policy->inserted(one);
  this->policy->hit(this->elements[1]);
  EXPECT_EQ(order_of(*this->policy), (std::vector{1, 2}));
}

TYPED_TEST(EvictionPolicyTest, AMovedPolicyTakesTheOrderAndLeavesNone) {
  for (const int id : {1, 2, 3}) this->insert(id);
  testing::Checked<TypeParam> taken(std::move(*this->policy));
  EXPECT_EQ(this->policy->victim(), nullptr);
  EXPECT_EQ(order_of(*taken), (std::vector{1, 2, 3}));
  taken->hit(this->elements[0]);
  EXPECT_EQ(order_of(*taken), (std::vector{2, 3, 1}));

  this->insert(4);
  *this->policy = std::move(*taken);
  EXPECT_EQ(order_of(*this->policy), (std::vector{2, 3, 1}));
}

TYPED_TEST(EvictionPolicyTest, AnOverwrittenPolicyForgetsItsEntries) {
  this->insert(1);
  *this->policy = TypeParam();
  EXPECT_EQ(this->policy->victim(), nullptr);
  this->insert(2);
  EXPECT_EQ(order_of(*this->policy), (std::vector{2}));
}

TYPED_TEST(EvictionPolicyTest, InsertingNeedsNoMemoryAfterReserve) {
  Element<TypeParam> element(1);
  this->policy->reserve();
  const testing::FailingAllocation failing(0);
  this->policy->inserted(element);
  EXPECT_EQ(this->policy->victim(), &element);
}

TYPED_TEST(EvictionPolicyTest, AFailedHitChangesNothing) {
  auto& one = this->insert(1);
  auto& two = this->insert(2);
  for (const int id : {3, 4}) this->insert(id);
  for (int use = 0; use < 2; ++use) this->policy->hit(one);
  // A policy that groups by count now needs a group between those of `one` and of the rest.
  const auto unchanged = [&] { EXPECT_EQ(order_of(*this->policy), (std::vector{2, 3, 4, 1})); };
  testing::fail_each_allocation([&] { this->policy->hit(two); }, unchanged);
  EXPECT_EQ(this->policy->victim(), &this->elements[2]);
}

// A policy over eight elements, and its definition, led through one history.
template <class Policy>
class LedPolicy {
 public:
  static constexpr int kElements = 8;

  LedPolicy() {
    for (int id = 0; id < kElements; ++id) elements_.emplace_back(id);
  }

  // The same history so far, by adopt().
  LedPolicy(const LedPolicy& original) : LedPolicy() {
    naive_ = original.naive_;  // NOLINT(cppcoreguidelines-prefer-member-initializer): the constructor delegates
    for (const auto* hook = original.order().victim(); hook != nullptr; hook = original.order().next(*hook)) {
      policy_->reserve();
      policy_->adopt(element(static_cast<const Element<Policy>&>(*hook).id), *hook);
    }
  }
  LedPolicy& operator=(const LedPolicy&) = delete;
  ~LedPolicy() = default;

  // Inserts an absent element; erases or uses one that is there.
  void step(int id, bool erase) {
    if (!naive_.peek(id)) {
      policy_->reserve();
      policy_->inserted(element(id));
      static_cast<void>(naive_.insert(id, id));
    } else if (erase) {
      policy_->erased(element(id));
      naive_.erase(id);
    } else {
      policy_->hit(element(id));
      naive_.get(id);
    }
  }

  void expect_defined_order() {
    std::vector<int> expected;
    for (const auto& [key, value] : naive_.ordered()) expected.push_back(key);
    ASSERT_EQ(order_of(order()), expected);
  }

 private:
  const Policy& order() const { return *policy_; }
  Element<Policy>& element(int id) { return elements_[static_cast<std::size_t>(id)]; }

  std::deque<Element<Policy>> elements_;
  mutable testing::Checked<Policy> policy_;
  testing::NaiveCache<Policy> naive_{kElements};
};

TYPED_TEST(EvictionPolicyTest, OrderIsTheDefinedOneAndACloneGoesOnInStep) {
  std::mt19937 random(20240229);  // the same histories in every run
  const auto below = [&random](int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random); };
  for (int history = 0; history < 200; ++history) {
    LedPolicy<TypeParam> original;
    for (int use = 0; use < 30; ++use) {
      original.step(below(LedPolicy<TypeParam>::kElements), below(6) == 0);
      original.expect_defined_order();
    }
    LedPolicy<TypeParam> clone(original);
    clone.expect_defined_order();
    for (int use = 0; use < 30; ++use) {
      const int id = below(LedPolicy<TypeParam>::kElements);
      const bool erase = below(6) == 0;
      for (LedPolicy<TypeParam>* const led : {&original, &clone}) {
        led->step(id, erase);
        led->expect_defined_order();
      }
    }
  }
}

struct ThrowingOnErase : Lru {
  void erased(Hook& hook) { Lru::erased(hook); }
};
static_assert(!EvictionPolicy<ThrowingOnErase>, "removal must not fail: the cache has no way back");

}  // namespace
}  // namespace client_cache
