#include "client_cache/intrusive_list.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "support/checked.hpp"

namespace client_cache {
namespace {

struct Element : ListLinks {
  explicit Element(int element_id) : id(element_id) {}
  int id;
};

using List = IntrusiveList<Element>;

std::vector<int> forwards(const List& list) {
  std::vector<int> ids;
  for (const Element* at = list.front(); at != nullptr; at = list.next(*at)) ids.push_back(at->id);
  return ids;
}

std::vector<int> backwards(const List& list) {
  std::vector<int> ids;
  for (const Element* at = list.back(); at != nullptr; at = list.previous(*at)) ids.push_back(at->id);
  return ids;
}

class IntrusiveListTest : public ::testing::Test {
 protected:
  testing::Checked<List> list;
  Element one{1};
  Element two{2};
  Element three{3};
};

TEST_F(IntrusiveListTest, NewListIsEmpty) {
  EXPECT_TRUE(list->empty());
  EXPECT_EQ(list->front(), nullptr);
  EXPECT_EQ(list->back(), nullptr);
}

TEST_F(IntrusiveListTest, ElementsJoinAtEitherEndAndInBetween) {
  list->push_back(three);
  list->push_front(one);
  list->insert_after(one, two);
  EXPECT_FALSE(list->empty());
  EXPECT_EQ(forwards(*list), (std::vector{1, 2, 3}));
  EXPECT_EQ(backwards(*list), (std::vector{3, 2, 1}));
}

TEST_F(IntrusiveListTest, InsertingAfterTheLastMakesALast) {
  list->push_back(one);
  list->insert_after(one, two);
  EXPECT_EQ(list->back(), &two);
}

TEST_F(IntrusiveListTest, RemovalFromFrontMiddleAndBackKeepsTheRest) {
  for (Element* const gone : {&one, &two, &three}) {
    List& whole = *list;
    for (Element* const element : {&one, &two, &three}) whole.push_back(*element);
    list->remove(*gone);
    std::vector<int> rest{1, 2, 3};
    std::erase(rest, gone->id);
    EXPECT_EQ(forwards(*list), rest);
    while (Element* const left = list->front()) list->remove(*left);
  }
  EXPECT_TRUE(list->empty());
}

TEST_F(IntrusiveListTest, MovingToTheBackKeepsTheOthersInOrder) {
  for (Element* const element : {&one, &two, &three}) list->push_back(*element);
  list->move_to_back(one);
  EXPECT_EQ(forwards(*list), (std::vector{2, 3, 1}));
  list->move_to_back(one);
  EXPECT_EQ(forwards(*list), (std::vector{2, 3, 1}));
}

TEST_F(IntrusiveListTest, MovedListTakesTheElementsAndLeavesAnEmptyUsableOne) {
  list->push_back(one);
  list->push_back(two);
  List taken(std::move(*list));
  EXPECT_TRUE(taken.check_invariants());
  EXPECT_EQ(forwards(taken), (std::vector{1, 2}));
  EXPECT_TRUE(list->empty());
  list->push_back(three);

  taken = std::move(*list);
  EXPECT_TRUE(taken.check_invariants());
  EXPECT_EQ(forwards(taken), (std::vector{3}));
  EXPECT_EQ(backwards(taken), (std::vector{3}));
  EXPECT_TRUE(list->empty());
}

TEST_F(IntrusiveListTest, AssigningAnEmptyListForgetsTheElements) {
  list->push_back(one);
  *list = List();
  EXPECT_TRUE(list->empty());
}

TEST(IntrusiveListInvariantsTest, BrokenLinksAreNoticed) {
  List list;
  Element one{1};
  Element two{2};
  list.push_back(one);
  list.push_back(two);
  one.next = &one;
  EXPECT_FALSE(list.check_invariants());
}

}  // namespace
}  // namespace client_cache
