#include "models/model.hpp"

#include <bit>
#include <utility>

#include "model_store/store.hpp"

namespace models {
namespace {

using Slot = std::atomic<PyObject*>;
static_assert(sizeof(Slot) == sizeof(PyObject*) && Slot::is_always_lock_free);

// Strings of at most this size are interned: they are names, which other models and botocore itself use too.
constexpr std::size_t kLongestName = 64;

}  // namespace

std::shared_ptr<Model> Model::of(std::shared_ptr<const Document> document) {
  auto model = model_store::Store::instance().companion(*document, [&] {
    return std::shared_ptr<void>(new Model(document), [](void* made) { delete static_cast<Model*>(made); });
  });
  return std::static_pointer_cast<Model>(model);
}

Model::Model(std::shared_ptr<const Document> document)
    : document_(std::move(document)),
      strings_(document_->string_count() * sizeof(Slot), model_store::Pages::Use::sparse) {}

Model::~Model() {
  Py_XDECREF(notes_.load(std::memory_order_relaxed));
  for (std::uint32_t id = 0; id < document_->string_count(); ++id) Py_XDECREF(slot(id).load(std::memory_order_relaxed));
}

Slot& Model::slot(std::uint32_t id) noexcept {
  // The pages come zero-filled, which is what a null pointer is.
  return reinterpret_cast<Slot*>(strings_.data())[id];
}

template <typename Make>
PyObject* Model::made_once(Slot& slot, Make make) {
  PyObject* known = slot.load(std::memory_order_acquire);
  if (known == nullptr) {
    PyObject* const made = make();
    if (made == nullptr) return nullptr;
    if (slot.compare_exchange_strong(known, made, std::memory_order_acq_rel)) {
      known = made;
    } else {
      Py_DECREF(made);
    }
  }
  return Py_NewRef(known);
}

PyObject* Model::string(std::uint32_t id) {
  return made_once(slot(id), [&] {
    const auto text = document_->string(id);
    PyObject* made = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), nullptr);
    if (made != nullptr && text.size() <= kLongestName) PyUnicode_InternInPlace(&made);
    return made;
  });
}

PyObject* Model::notes() { return made_once(notes_, &PyDict_New); }

PyObject* Model::scalar(Value value) {
  switch (value.kind()) {
    case Kind::boolean:
      return PyBool_FromLong(static_cast<long>(value.payload()));
    case Kind::integer:
      return PyLong_FromUnsignedLong(value.payload());
    case Kind::string:
      return string(value.payload());
    case Kind::number: {
      const auto& number = document_->number(value.payload());
      switch (number.type) {
        case model_store::Number::Type::signed_integer:
          return PyLong_FromLongLong(std::bit_cast<std::int64_t>(number.bits));
        case model_store::Number::Type::unsigned_integer:
          return PyLong_FromUnsignedLongLong(number.bits);
        case model_store::Number::Type::floating:
          return PyFloat_FromDouble(std::bit_cast<double>(number.bits));
      }
      break;
    }
    case Kind::null:
    case Kind::array:
    case Kind::object:
      break;
  }
  return Py_NewRef(Py_None);
}

}  // namespace models
