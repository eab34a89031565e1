// A document together with the Python strings made of it: what all sessions' views of one file share.
//
// Each string becomes one Python object, when it is first read; keys are interned. The objects live as long as some view
// does. Complexity: O(1) for a string that was read before. Thread safety: `string` and `scalar` may be called by any thread
// that is attached to the interpreter; the slots are atomic, since free-threaded builds have no other guard.
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
  // New references, or null with an exception set.
  [[nodiscard]] PyObject* string(std::uint32_t id);
  [[nodiscard]] PyObject* scalar(Value value);

 private:
  explicit Model(std::shared_ptr<const Document> document);

  [[nodiscard]] std::atomic<PyObject*>& slot(std::uint32_t id) noexcept;

  std::shared_ptr<const Document> document_;
  model_store::Pages strings_;  // an atomic pointer for each string; pages of strings nobody reads are never touched
};

}  // namespace models
