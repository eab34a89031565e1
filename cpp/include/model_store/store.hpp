// The documents of a process, each read once and shared by whoever asks.
//
// A document is kept under its absolute path and the file's identity; a file that was replaced is read anew, and its
// old document lives as long as somebody uses it.
//
// Complexity: one stat() and a hash look-up for a document that is held. Thread safety: all members may be called from
// any thread. The lock guards the two maps and is never held while a file is read: whoever asks for a document that is
// being read waits for that reading alone. Forks: the lock is taken around fork(), so a child starts with consistent
// maps, and forgets the readings of threads that it does not have. Not here: which directories are searched, and what
// to do with a file that only `json` can judge.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "model_store/document.hpp"
#include "model_store/file_reader.hpp"

namespace model_store {

// What is known of a path: no regular file; one whose reading must be left to `json`, such as one that is replaced each
// time it is read; or a document.
enum class Found { nothing, undecided, document };

struct Lookup {
  Found found = Found::nothing;
  std::shared_ptr<const Document> document;
};

struct HeldDocument {
  std::string path;
  std::size_t bytes;
  bool in_use;
};

class Store {
 public:
  // The one store of the process. It is never destroyed: threads may use it until the very end.
  static Store& instance();

  // The document of the file at `path` (absolute; gzip when it ends in ".gz"). Throws std::bad_alloc.
  [[nodiscard]] Lookup get(const std::string& path);

  // What a host language keeps beside a document for as long as it uses it: the one of all who ask, or else what `make`
  // returns, which is called under the lock.
  [[nodiscard]] std::shared_ptr<void> companion(const Document& document,
                                                const std::function<std::shared_ptr<void>()>& make);

  // What is held, by path.
  [[nodiscard]] std::vector<HeldDocument> held() const;

  // Forgets the documents that nobody uses, and returns their number.
  std::size_t release_unused();

 private:
  struct Entry {
    platform::FileIdentity identity;
    std::shared_ptr<const Document> document;
  };
  // One reading that others may wait for.
  struct Reading {
    bool done = false;
    std::condition_variable finished;
  };

  Store() = default;

  [[nodiscard]] Lookup read(const std::string& path, const std::shared_ptr<Reading>& reading);

  mutable std::mutex mutex_;
  std::unique_lock<std::mutex> across_fork_;                            // of mutex_, while the process forks
  std::unordered_map<std::string, Entry> entries_;                      // guarded by mutex_
  std::unordered_map<std::string, std::shared_ptr<Reading>> readings_;  // guarded by mutex_
};

}  // namespace model_store
