#include "client_cache/numbered_list.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace client_cache {
namespace {

class NumberedListTest : public ::testing::Test {
 protected:
  std::vector<Number> forwards(const NumberedList& of) const {
    EXPECT_TRUE(of.check_invariants(elements.data()));
    std::vector<Number> numbers;
    for (Number at = of.front(); at != kNone; at = elements[at].next) numbers.push_back(at);
    return numbers;
  }
  std::vector<Number> backwards(const NumberedList& of) const {
    std::vector<Number> numbers;
    for (Number at = of.back(); at != kNone; at = elements[at].previous) numbers.push_back(at);
    return numbers;
  }

  std::array<Neighbours, 4> elements;
  NumberedList list;
};

TEST_F(NumberedListTest, NewListIsEmpty) {
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.front(), kNone);
  EXPECT_EQ(list.back(), kNone);
}

TEST_F(NumberedListTest, NumbersJoinAtEitherEndAndInBetween) {
  list.push_back(elements.data(), 3);
  list.push_front(elements.data(), 1);
  list.insert_after(elements.data(), 1, 2);
  EXPECT_FALSE(list.empty());
  EXPECT_EQ(forwards(list), (std::vector<Number>{1, 2, 3}));
  EXPECT_EQ(backwards(list), (std::vector<Number>{3, 2, 1}));
}

TEST_F(NumberedListTest, InsertingAfterTheLastMakesALast) {
  list.push_back(elements.data(), 1);
  list.insert_after(elements.data(), 1, 2);
  EXPECT_EQ(list.back(), 2U);
}

TEST_F(NumberedListTest, RemovalFromFrontMiddleAndBackKeepsTheRest) {
  for (const Number gone : {1U, 2U, 3U}) {
    for (const Number number : {1U, 2U, 3U}) list.push_back(elements.data(), number);
    list.remove(elements.data(), gone);
    std::vector<Number> rest{1, 2, 3};
    std::erase(rest, gone);
    EXPECT_EQ(forwards(list), rest);
    while (!list.empty()) list.remove(elements.data(), list.front());
  }
}

TEST_F(NumberedListTest, MovingToTheBackKeepsTheOthersInOrder) {
  for (const Number number : {1U, 2U, 3U}) list.push_back(elements.data(), number);
  list.move_to_back(elements.data(), 1);
  EXPECT_EQ(forwards(list), (std::vector<Number>{2, 3, 1}));
  list.move_to_back(elements.data(), 1);
  EXPECT_EQ(forwards(list), (std::vector<Number>{2, 3, 1}));
}

TEST_F(NumberedListTest, TwoListsShareElements) {
  NumberedList other;
  list.push_back(elements.data(), 1);
  other.push_back(elements.data(), 2);
  list.push_back(elements.data(), 3);
  EXPECT_EQ(forwards(list), (std::vector<Number>{1, 3}));
  EXPECT_EQ(forwards(other), (std::vector<Number>{2}));
}

TEST_F(NumberedListTest, MovedListTakesTheNumbersAndLeavesAnEmptyUsableOne) {
  list.push_back(elements.data(), 1);
  list.push_back(elements.data(), 2);
  NumberedList taken(std::move(list));
  EXPECT_EQ(forwards(taken), (std::vector<Number>{1, 2}));
  EXPECT_TRUE(list.empty());
  list.push_back(elements.data(), 3);

  taken = std::move(list);
  EXPECT_EQ(forwards(taken), (std::vector<Number>{3}));
  EXPECT_EQ(backwards(taken), (std::vector<Number>{3}));
  EXPECT_TRUE(list.empty());
}

TEST_F(NumberedListTest, AssigningAnEmptyListForgetsTheNumbers) {
  list.push_back(elements.data(), 1);
  list = NumberedList();
  EXPECT_TRUE(list.empty());
}

TEST_F(NumberedListTest, BrokenLinksAreNoticed) {
  list.push_back(elements.data(), 1);
  list.push_back(elements.data(), 2);
  elements[1].previous = 2;
  EXPECT_FALSE(list.check_invariants(elements.data()));
}

}  // namespace
}  // namespace client_cache
