// Look-up, sharing of equal parts, and what the builder promises.
#include "model_store/document.hpp"

#include <gtest/gtest.h>

#include <string>

#include "model_store/document_builder.hpp"
#include "support.hpp"

namespace model_store::testing {
namespace {

TEST(Document, FindsKeysOfTheAskedObjectOnly) {
  const auto document = parse_text(R"({"a": {"b": 1}, "c": {"": 2}})");
  const Value root = document->root();
  const auto a = document->find(root, "a");
  ASSERT_TRUE(a);
  EXPECT_EQ(dump(*document, *document->find(*a, "b")), "1");
  EXPECT_FALSE(document->find(root, "b"));
  EXPECT_FALSE(document->find(*a, "a"));
  EXPECT_FALSE(document->find(root, ""));
  EXPECT_TRUE(document->find(*document->find(root, "c"), ""));
  EXPECT_FALSE(document->find(root, "missing"));
}

TEST(Document, FindsNothingInAnEmptyObject) {
  const auto document = parse_text("{}");
  EXPECT_FALSE(document->find(document->root(), ""));
}

TEST(Document, FindsEveryKeyOfALargeObject) {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += '"' + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const auto document = parse_text(text);
  for (int i = 0; i < 5000; ++i) {
    const auto found = document->find(document->root(), std::to_string(i));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->payload(), static_cast<std::uint32_t>(i));
  }
}

TEST(Document, StoresEqualPartsOnce) {
  std::string text = "[";
  for (int i = 0; i < 10'000; ++i) text += R"({"shape": "String", "members": [1, 2, {"deep": "documentation"}]},)";
  text.back() = ']';
  const auto document = parse_text(text);
  EXPECT_EQ(document->string_count(), 5U);
  EXPECT_LT(document->bytes(), 45'000U);  // a word for each element, and little more
  const auto words = document->array(document->root());
  EXPECT_EQ(words.front(), words.back());
}

TEST(Document, KeepsValuesThatDifferApart) {
  EXPECT_EQ(parsed(R"([1, 1.0, "1", true, [1], [[1]], {"1": 1}, {"1": 1.0}, null])"),
            R"([1,f1,"1",true,[1],[[1]],{"1":1},{"1":f1},null])");
}

TEST(DocumentBuilder, KeepsTheLastOfDuplicatesInTheFirstPlace) {
  DocumentBuilder builder(0);
  const std::uint32_t a = builder.key("a");
  const std::uint32_t b = builder.key("b");
  const std::uint32_t keys[] = {a, b, a};
  const std::uint32_t values[] = {builder.integer(1).word(), builder.integer(2).word(), builder.integer(3).word()};
  const Value first = builder.object(keys, values);
  EXPECT_EQ(builder.object(keys, values), first);
  const auto document = builder.finish(first);
  EXPECT_EQ(dump(*document, document->root()), R"({"a":3,"b":2})");
}

TEST(DocumentBuilder, TakesAnArrayForAnArrayEvenIfItsWordsAreThoseOfKeys) {
  DocumentBuilder builder(0);
  const std::uint32_t key = builder.key("k");
  const std::uint32_t twice[] = {key, key};
  const std::uint32_t nulls[] = {Value().word(), Value().word()};
  ASSERT_EQ(twice[0], nulls[0]);
  const Value array = builder.array(nulls);
  const std::uint32_t values[] = {builder.integer(1).word(), builder.integer(2).word()};
  const std::uint32_t both[] = {array.word(), builder.object(twice, values).word()};
  const auto document = builder.finish(builder.array(both));
  EXPECT_EQ(dump(*document, document->root()), R"([[null,null],{"k":2}])");
}

}  // namespace
}  // namespace model_store::testing
