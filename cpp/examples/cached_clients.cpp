// Threads share storage clients through a cache: one client an endpoint and region, at most three of them at a time.
#include <array>
#include <client_cache/bounded_cache.hpp>
#include <client_cache/concurrent_cache.hpp>
#include <client_cache/lfu.hpp>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

// A client that is expensive to make: its connection pool stays open for as long as it lives.
class StorageClient {
 public:
  explicit StorageClient(std::string endpoint) : endpoint_(std::move(endpoint)) {}
  [[nodiscard]] std::string get(std::string_view object) const { return endpoint_ + "/" + std::string(object); }

 private:
  std::string endpoint_;
};

// What a client is cached under, and a query for it that owns no text.
struct ClientKey {
  std::string service;
  std::string region;
};
struct ClientQuery {
  std::string_view service;
  std::string_view region;
};

// Hash and equality take keys and queries alike, so that a lookup builds no key.
struct ClientKeyHash {
  std::size_t operator()(const auto& key) const noexcept {
    const std::hash<std::string_view> hash;
    return hash(key.service) * 31 + hash(key.region);
  }
};
struct ClientKeyEqual {
  bool operator()(const ClientKey& key, const auto& query) const noexcept {
    return key.service == query.service && key.region == query.region;
  }
};

// A cached client is shared: whoever still works with one that was evicted keeps it alive.
using ClientPointer = std::shared_ptr<const StorageClient>;
using Clients = client_cache::ConcurrentCache<
    client_cache::BoundedCache<ClientKey, ClientPointer, client_cache::Lfu, ClientKeyHash, ClientKeyEqual>>;

ClientPointer client_for(Clients& clients, ClientQuery query) {
  if (auto cached = clients.get(query)) return *std::move(cached);
  ClientKey key{.service = std::string(query.service), .region = std::string(query.region)};
  auto made = std::make_shared<const StorageClient>("https://" + key.service + "." + key.region + ".example");
  // What insert() evicts dies at the end of this statement, after the cache's lock was released.
  static_cast<void>(clients.insert(std::move(key), ClientPointer(made)));
  return made;
}

}  // namespace

int main() {
  Clients clients(3);
  const ClientQuery favourite{.service = "storage", .region = "us-east-1"};
  const std::vector<std::string> regions = {"us-east-1", "eu-west-1", "ap-south-1", "us-west-2", "us-east-1"};

  const auto work = [&clients, &regions] {
    for (const std::string& region : regions) {
      static_cast<void>(client_for(clients, {.service = "storage", .region = region})->get("a"));
    }
  };
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) thread = std::thread(work);
  for (std::thread& thread : threads) thread.join();

  std::cout << client_for(clients, favourite)->get("reports/today.csv") << '\n';
  std::cout << clients.size() << " of at most " << clients.capacity() << " clients, the next to be evicted first:\n";
  for (const auto& [key, client] : clients.snapshot()) std::cout << "  " << key.service << ' ' << key.region << '\n';

  const bool kept = clients.contains(favourite);  // because it was asked for most
  return clients.size() == 3 && kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
