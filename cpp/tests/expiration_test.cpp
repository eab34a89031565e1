#include "client_cache/expiration.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <vector>

#include "support/checked.hpp"

namespace client_cache {
namespace {

constexpr Lifetime kBoth{.ttl = Time(100), .idle_ttl = Time(10)};

TEST(ExpirationTest, WithoutLimitsNothingExpires) {
  testing::Checked<Expiration> expiration{Lifetime{}};
  Expiration::Hook hook;
  expiration->inserted(hook, Time(0));
  expiration->hit(hook, Time(1));
  EXPECT_FALSE(expiration->is_expired(hook, kForever));
  EXPECT_EQ(expiration->first_expired(kForever), nullptr);
  EXPECT_FALSE(expiration->lifetime().limited());
}

TEST(ExpirationTest, AHookExpiresWhenItIsAsOldAsTheTtl) {
  testing::Checked<Expiration> expiration{Lifetime{.ttl = Time(100)}};
  Expiration::Hook hook;
  expiration->inserted(hook, Time(7));
  expiration->hit(hook, Time(100));
  EXPECT_FALSE(expiration->is_expired(hook, Time(106)));
  EXPECT_TRUE(expiration->is_expired(hook, Time(107)));
  EXPECT_EQ(expiration->first_expired(Time(107)), &hook);
  expiration->erased(hook);
  EXPECT_EQ(expiration->first_expired(Time(107)), nullptr);
}

TEST(ExpirationTest, AUseStartsTheIdleTimeAnew) {
  testing::Checked<Expiration> expiration{kBoth};
  Expiration::Hook used;
  Expiration::Hook unused;
  expiration->inserted(used, Time(0));
  expiration->inserted(unused, Time(1));
  expiration->hit(used, Time(9));
  EXPECT_EQ(expiration->first_expired(Time(10)), nullptr);
  EXPECT_EQ(expiration->first_expired(Time(11)), &unused);
  expiration->erased(unused);
  EXPECT_EQ(expiration->first_expired(Time(18)), nullptr);
  EXPECT_EQ(expiration->first_expired(Time(19)), &used);
}

TEST(ExpirationTest, ATimeFromAnotherThreadThatComesLateTakesNothingBack) {
  testing::Checked<Expiration> expiration{kBoth};
  Expiration::Hook hook;
  expiration->inserted(hook, Time(0));
  expiration->hit(hook, Time(8));
  expiration->hit(hook, Time(7));
  EXPECT_FALSE(expiration->is_expired(hook, Time(17)));
  EXPECT_FALSE(expiration->is_expired(hook, Time(0)));  // before it was used
}

TEST(ExpirationTest, AdoptedHooksExpireInTheOrderOfTheirTimes) {
  std::array<Expiration::Hook, 3> hooks;
  hooks[0].created = Time(20), hooks[0].used = Time(21);
  hooks[1].created = Time(0), hooks[1].used = Time(23);
  hooks[2].created = Time(10), hooks[2].used = Time(22);
  const auto expect_order = [&hooks](Lifetime lifetime, const std::vector<std::size_t>& order) {
    testing::Checked<Expiration> expiration{lifetime};
    std::vector<Expiration::Hook*> dated{hooks.data(), &hooks[1], &hooks[2]};
    expiration->adopt(dated);
    for (const std::size_t expected : order) {
      ASSERT_EQ(expiration->first_expired(Time(1000)), &hooks.at(expected));
      expiration->erased(hooks.at(expected));
    }
    EXPECT_EQ(expiration->first_expired(Time(1000)), nullptr);
  };
  expect_order({.ttl = Time(10)}, {1, 2, 0});
  expect_order({.idle_ttl = Time(10)}, {0, 2, 1});
}

}  // namespace
}  // namespace client_cache
