// A document together with the Python strings made of it: what all sessions' views of one file share.
//
// Each string becomes one Python object, when it is first read; keys are interned. The objects live as long as some
// view does. Complexity: O(1) for a string that was read before. Thread safety: `string` and `scalar` may be called by
// any thread that is attached to the interpreter; the slots are atomic, since free-threaded builds have no other guard.
// Not here: arrays and objects (see lazy_dict.hpp).
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "model_store/document.hpp"
#include "model_store/pages.hpp"

namespace models {

using model_store::Document;
using model_store::Kind;
using model_store::Value;

class Model {
 public:
  // The one model of `document`; made anew when no view was left.
  [[nodiscard]] static std::shared_ptr<Model> of(std::shared_ptr<const Document> document);

  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] const Document& document() const noexcept { return *document_; }
  [[nodiscard]] const std::shared_ptr<const Document>& shared_document() const noexcept { return document_; }
  // New references, or null with an exception set.
  [[nodiscard]] PyObject* string(std::uint32_t id);
  [[nodiscard]] PyObject* scalar(Value value);

  // Whether `object` is the very object that `string(id)` gives. A slot's object is made, then released into it by the
  // compare-and-swap of `made_once`; whoever acquires the pointer there, or in the swap that failed, sees it whole.
  [[nodiscard]] bool is_string(PyObject* object, std::uint32_t id) noexcept {
    return slot(id).load(std::memory_order_acquire) == object;
  }

  // A dict for what Python code derives from the whole document, once for all sessions. It must not hold a view of this
  // model, which would keep both alive for ever.
  [[nodiscard]] PyObject* notes();

 private:
  explicit Model(std::shared_ptr<const Document> document);

  // What the slot holds, after putting in what `make` returns if that was nothing. A new reference, or null with an
  // exception.
  template <typename Make>
  static PyObject* made_once(std::atomic<PyObject*>& slot, Make make);
  [[nodiscard]] std::atomic<PyObject*>& slot(std::uint32_t id) noexcept;

  std::shared_ptr<const Document> document_;
  std::atomic<PyObject*> notes_{nullptr};
  model_store::Pages strings_;  // an atomic pointer for each string; pages of strings nobody reads are never touched
};

}  // namespace models
