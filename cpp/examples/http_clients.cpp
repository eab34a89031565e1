// Threads fetch pages through a cache of HTTP clients: one client, and so one open connection, for each host.
//
//   http_clients THREADS REQUESTS URL...
//
// Each thread asks the hosts of the URLs for REQUESTS pages in turn. The host must answer with the path it was asked
// for.
#include <curl/curl.h>

#include <atomic>
#include <client_cache/loading_cache.hpp>
#include <client_cache/lru.hpp>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

// Keeps its connection open for as long as it lives. Shared by threads: libcurl's easy handle is one request at a time,
// so the client has a lock of its own. Requests to one host follow each other on its connection, those to other hosts
// run side by side, and the cache's lock is held for none of them.
class HttpClient {
 public:
  explicit HttpClient(std::string url) : url_(std::move(url)), handle_(curl_easy_init()) {
    if (handle_ == nullptr) throw std::runtime_error("libcurl has no handle for " + url_);
    set(CURLOPT_NOSIGNAL, 1L);  // signals and threads do not mix
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 10L);
    set(CURLOPT_TIMEOUT, 60L);
    set(CURLOPT_WRITEFUNCTION, &HttpClient::append);
  }

  // The page at a path that starts with a slash. Throws std::runtime_error.
  std::string get(std::string_view path) {
    const std::string url = url_ + std::string(path);
    std::string page;
    const std::lock_guard lock(mutex_);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_WRITEDATA, &page);
    if (const CURLcode failure = curl_easy_perform(handle_.get()); failure != CURLE_OK) {
      throw std::runtime_error(url + ": " + curl_easy_strerror(failure));
    }
    long opened = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &opened);
    connections_ += opened;
    return page;
  }

  // How many it has opened so far.
  [[nodiscard]] long connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  struct Cleanup {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };

  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(handle_.get(), option, value) != CURLE_OK)
      throw std::runtime_error("libcurl refused an option");
  }

  static std::size_t append(const char* data, std::size_t /*one*/, std::size_t size, std::string* page) {
    page->append(data, size);
    return size;
  }

  const std::string url_;
  mutable std::mutex mutex_;  // guards all below
  std::unique_ptr<CURL, Cleanup> handle_;
  long connections_ = 0;
};

// Whoever still works with a client that was evicted keeps it alive, and its connection open.
using ClientPointer = std::shared_ptr<HttpClient>;

// A hash that takes texts of both kinds lets a look-up do without a std::string of its own.
using Clients = client_cache::LoadingCache<std::string, ClientPointer, client_cache::Lru, std::hash<std::string_view>>;

ClientPointer client_for(Clients& clients, std::string_view url) {
  return clients.get_or_create(url, [url] { return std::make_shared<HttpClient>(std::string(url)); });
}

int run(int thread_count, int requests, const std::vector<std::string_view>& urls) {
  Clients clients(16);
  std::atomic<int> right = 0;
  const auto work = [&](int thread) {
    for (int request = 0; request < requests; ++request) {
      const std::string path = "/" + std::to_string(thread) + "/" + std::to_string(request);
      const std::string_view url = urls[static_cast<std::size_t>(thread + request) % urls.size()];
      try {
        if (client_for(clients, url)->get(path) == path) ++right;
      } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
      }
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < thread_count; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();

  std::cout << right << " of " << thread_count * requests << " pages are right\n";
  for (const auto& [url, client] : clients.snapshot()) {
    std::cout << url << ": connections opened: " << client->connections() << '\n';
  }
  return right == thread_count * requests ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: http_clients THREADS REQUESTS URL...\n";
    return EXIT_FAILURE;
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return EXIT_FAILURE;  // before there are threads
  const int result = run(std::stoi(argv[1]), std::stoi(argv[2]), {argv + 3, argv + argc});
  curl_global_cleanup();
  return result;
}
