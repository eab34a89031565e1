#include "model_store/pages.hpp"

namespace model_store {

Pages::Pages(std::size_t size, Use use) : size_(size) {
  // Filling in thousands of pages by one call is several times cheaper than by a fault each. A size beyond any model's
  // is more likely a damaged file's claim.
  constexpr std::size_t kMostAtOnce = 16U * 1024 * 1024;
  const bool all = use == Use::whole && size <= kMostAtOnce;
  if (size > 0) data_ = platform::map_pages(size, all ? platform::Filling::eager : platform::Filling::lazy);
}

}  // namespace model_store
