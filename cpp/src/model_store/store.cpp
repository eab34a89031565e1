#include "model_store/store.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "model_store/gunzip.hpp"
#include "model_store/parse.hpp"
#include "platform/fork.hpp"

namespace model_store {
namespace {

std::optional<FileContent> read_text(const std::string& path) {
  auto file = read_file(path, kTextPadding);
  if (!file || !path.ends_with(".gz")) return file;
  auto text = gunzip(file->buffer.bytes(), kTextPadding);
  if (!text) return std::nullopt;
  return FileContent{file->identity, std::move(*text)};
}

}  // namespace

Store& Store::instance() {
  static Store& store = *[] {
    auto* const created = new Store;
    platform::at_fork([] { instance().across_fork_ = std::unique_lock(instance().mutex_); },
                      [] { const auto released = std::move(instance().across_fork_); },
                      [] {
                        Store& child = instance();
                        const auto released = std::move(child.across_fork_);
                        // Destroying a condition variable that a lost thread waits on may hang: these few stay behind.
                        for (auto& [path, reading] : child.readings_) new std::shared_ptr<Reading>(std::move(reading));
                        child.readings_.clear();
                      });
    return created;
  }();
  return store;
}

namespace {

// Made when the library is loaded: a fork while another thread makes it would leave the child waiting for that thread.
[[maybe_unused]] const Store& made_at_load = Store::instance();

}  // namespace

Lookup Store::get(const std::string& path) {
  while (true) {
    const auto identity = platform::identify(path);
    if (!identity) return {};
    std::unique_lock lock(mutex_);
    if (const auto entry = entries_.find(path); entry != entries_.end() && entry->second.identity == *identity) {
      return {Found::document, entry->second.document};
    }
    std::shared_ptr<Reading>& slot = readings_[path];
    if (!slot) {
      const auto reading = slot = std::make_shared<Reading>();
      lock.unlock();
      return read(path, reading);
    }
    // Somebody reads this path. Wait, then look again: the file may be another one by now.
    const std::shared_ptr<Reading> reading = slot;
    reading->finished.wait(lock, [&] { return reading->done; });
  }
}

Lookup Store::read(const std::string& path, const std::shared_ptr<Reading>& reading) {
  // Whatever happens, those who wait must hear of it.
  struct Finish {
    Store& store;
    const std::string& path;
    Reading& reading;
    Entry entry;

    ~Finish() {
      const std::lock_guard lock(store.mutex_);
      try {
        if (entry.document) std::swap(store.entries_[path], entry);  // the old document goes after the unlock
      } catch (const std::bad_alloc&) {
        // Not kept, then: whoever asks next reads again.
      }
      store.readings_.erase(path);
      reading.done = true;
      reading.finished.notify_all();
    }
  } finish{*this, path, *reading, {}};

  const auto file = read_text(path);
  if (!file) return {platform::identify(path) ? Found::undecided : Found::nothing, nullptr};
  finish.entry = {file->identity, parse(file->buffer)};
  if (!finish.entry.document) return {Found::undecided, nullptr};
  return {Found::document, finish.entry.document};
}

std::shared_ptr<void> Store::companion(const Document& document, const std::function<std::shared_ptr<void>()>& make) {
  const std::lock_guard lock(mutex_);
  auto companion = document.companion_.lock();
  if (!companion) document.companion_ = companion = make();
  return companion;
}

std::vector<HeldDocument> Store::held() const {
  std::vector<HeldDocument> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, entry] : entries_) {
      all.push_back({path, entry.document->bytes(), entry.document.use_count() > 1});
    }
  }
  std::ranges::sort(all, {}, &HeldDocument::path);
  return all;
}

std::size_t Store::release_unused() {
  std::vector<Entry> unused;  // destroyed after the unlock
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (entry->second.document.use_count() > 1) {
      ++entry;
      continue;
    }
    unused.push_back(std::move(entry->second));
    entry = entries_.erase(entry);
  }
  return unused.size();
}

}  // namespace model_store
