#include "models/lazy_dict.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "interpreter_mutex.hpp"
#include "models/reference.hpp"

namespace models {
namespace {

using Mutex = client_cache::python::InterpreterMutex;

struct LazyDict {
  PyDictObject base;
  [[no_unique_address]] Mutex mutex;
  Value view;
  std::atomic<bool> lazy;        // written under the mutex
  std::shared_ptr<Model> model;  // set before anybody else has the object, and kept until its end
};

PyTypeObject* lazy_dict_type = nullptr;  // set once, when the module is loaded

LazyDict* as_lazy(PyObject* object) { return reinterpret_cast<LazyDict*>(object); }
bool is_lazy(PyObject* object) { return as_lazy(object)->lazy.load(std::memory_order_acquire); }

// ---- making objects
// --------------------------------------------------------------------------------------------------

// An object of so few, so short items costs less as a plain dict than as a view. A table of 5 items is a dict's
// smallest.
bool is_small(const Document& document, const model_store::Members& members) {
  constexpr std::size_t kMostItems = 5;
  constexpr std::size_t kLongestText = 128;
  if (members.size() > kMostItems) return false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Value value = members.value(i);
    if (value.is_container()) return false;
    if (value.kind() == Kind::string && document.string(value.payload()).size() > kLongestText) return false;
  }
  return true;
}

PyObject* make_plain_dict(Model& model, const model_store::Members& members) {
  Reference dict(PyDict_New());
  if (!dict) return nullptr;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Reference key(model.string(members.key(i)));
    const Reference value(key ? model.scalar(members.value(i)) : nullptr);
    if (!value || PyDict_SetItem(dict.get(), key.get(), value.get()) < 0) return nullptr;
  }
  return dict.release();
}

PyObject* make_list(const std::shared_ptr<Model>& model, Value array) {
  const auto words = model->document().array(array);
  Reference list(PyList_New(static_cast<Py_ssize_t>(words.size())));
  if (!list) return nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    PyObject* const item = to_python(model, Value::from_word(words[i]));
    if (item == nullptr) return nullptr;
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), item);
  }
  return list.release();
}

// json's encoder in C takes a dict for empty when its base is, before it asks the subclass. So one real item goes in at
// once: a scalar when there is one.
bool put_first_item(PyObject* self) {
  const auto& model = as_lazy(self)->model;
  const auto members = model->document().object(as_lazy(self)->view);
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members.value(i).is_container()) continue;
    chosen = i;
    break;
  }
  const Reference key(model->string(members.key(chosen)));
  const Reference value(key ? to_python(model, members.value(chosen)) : nullptr);
  return value && PyDict_SetItem(self, key.get(), value.get()) == 0;
}

// An ordinary dict, as which a LazyDict that is made by calling the type stays.
PyObject* create(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  PyObject* const self = PyDict_Type.tp_new(type, arguments, keywords);
  if (self == nullptr) return nullptr;
  std::construct_at(&as_lazy(self)->mutex);
  std::construct_at(&as_lazy(self)->view);
  std::construct_at(&as_lazy(self)->lazy, false);
  std::construct_at(&as_lazy(self)->model);
  return self;
}

PyObject* make_lazy_dict(const std::shared_ptr<Model>& model, Value object) {
  const Reference no_arguments(PyTuple_New(0));
  if (!no_arguments) return nullptr;
  Reference self(create(lazy_dict_type, no_arguments.get(), nullptr));
  if (!self) return nullptr;
  as_lazy(self.get())->view = object;
  as_lazy(self.get())->model = model;
  if (!put_first_item(self.get())) return nullptr;
  as_lazy(self.get())->lazy.store(true, std::memory_order_release);
  return self.release();
}

// `value` without views; containers that were made before are `made` by their words.
PyObject* plain(Model& model, Value value, std::unordered_map<std::uint32_t, Reference>& made) {
  if (!value.is_container()) return model.scalar(value);
  if (const auto known = made.find(value.word()); known != made.end()) return Py_NewRef(known->second.get());
  Reference container;
  if (value.kind() == Kind::array) {
    const auto words = model.document().array(value);
    container.reset(PyList_New(static_cast<Py_ssize_t>(words.size())));
    for (std::size_t i = 0; container && i < words.size(); ++i) {
      PyObject* const item = plain(model, Value::from_word(words[i]), made);
      if (item == nullptr) return nullptr;
      PyList_SET_ITEM(container.get(), static_cast<Py_ssize_t>(i), item);
    }
  } else {
    const auto members = model.document().object(value);
    container.reset(PyDict_New());
    for (std::size_t i = 0; container && i < members.size(); ++i) {
      const Reference key(model.string(members.key(i)));
      const Reference item(key ? plain(model, members.value(i), made) : nullptr);
      if (!item || PyDict_SetItem(container.get(), key.get(), item.get()) < 0) return nullptr;
    }
  }
  if (!container) return nullptr;
  PyObject* const result = Py_NewRef(container.get());
  made.emplace(value.word(), std::move(container));
  return result;
}

// ---- reading one item
// ------------------------------------------------------------------------------------------------

// What the base has under `key`: a new reference, or null (with an exception set, or not: it is not there).
PyObject* base_item(PyObject* self, PyObject* key) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* value = nullptr;
  (void)PyDict_GetItemRef(self, key, &value);
  return value;
#else
  return Py_XNewRef(PyDict_GetItemWithError(self, key));
#endif
}

// Keeps `value` under `key` in the base, unless something is there by now; the winner, as a new reference.
PyObject* base_keep(PyObject* self, PyObject* key, PyObject* value) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* kept = nullptr;
  (void)PyDict_SetDefaultRef(self, key, value, &kept);
  return kept;
#else
  return Py_XNewRef(PyDict_SetDefault(self, key, value));
#endif
}

// The document's value under `key`; nothing when there is none. An exact str only.
std::optional<Value> document_value(PyObject* self, PyObject* key) {
  Py_ssize_t size = 0;
  const char* const text = PyUnicode_AsUTF8AndSize(key, &size);
  if (text == nullptr) {  // a lone surrogate: no document has one
    PyErr_Clear();
    return std::nullopt;
  }
  return as_lazy(self)->model->document().find(as_lazy(self)->view, {text, static_cast<std::size_t>(size)});
}

// The item of a view, under its lock. A new reference, or null (with an exception set, or not: it is not there).
PyObject* read_item(PyObject* self, PyObject* key) {
  if (PyObject* const known = base_item(self, key); known != nullptr || PyErr_Occurred() || !is_lazy(self))
    return known;
  const auto value = document_value(self, key);
  if (!value) return nullptr;
  const Reference made(to_python(as_lazy(self)->model, *value));
  if (!made) return nullptr;
  if (!is_lazy(self)) return base_item(self, key);  // the collector ran, and made it an ordinary dict
  return value->is_container() ? base_keep(self, key, made.get()) : Py_NewRef(made.get());
}

// ---- becoming an ordinary dict
// ---------------------------------------------------------------------------------------

// All items in file order, those that were read before among them; then what was written past the type's own methods.
PyObject* all_items(PyObject* self) {
  const auto& model = as_lazy(self)->model;
  const auto members = model->document().object(as_lazy(self)->view);
  Reference all(PyDict_New());
  if (!all) return nullptr;
  for (std::size_t i = 0; i < members.size() && is_lazy(self); ++i) {
    const Reference key(model->string(members.key(i)));
    const Reference value(key ? read_item(self, key.get()) : nullptr);
    if (!value) return nullptr;
    if (PyDict_SetItem(all.get(), key.get(), value.get()) < 0) return nullptr;
  }
  // By its items, since merging a dict asks the methods of a subclass.
  const Reference base(PyDict_Items(self));
  if (!base || PyDict_MergeFromSeq2(all.get(), base.get(), /*override=*/0) < 0) return nullptr;
  return all.release();
}

bool make_ordinary(PyObject* self) {
  if (!is_lazy(self)) return true;
  const std::lock_guard lock(as_lazy(self)->mutex);
  if (!is_lazy(self)) return true;
  const Reference all(all_items(self));
  if (!all) return !is_lazy(self) && !PyErr_Occurred();
  if (!is_lazy(self)) return true;
  // From here on nothing runs but this: `all` holds every value that the base lets go, and its keys are known to
  // differ.
  PyDict_Clear(self);
  if (PyDict_Update(self, all.get()) < 0) return false;
  as_lazy(self)->lazy.store(false, std::memory_order_release);
  return true;
}

// True when one item can be read alone; else `self` is an ordinary dict, or an exception is set.
bool can_read_alone(PyObject* self, PyObject* key) {
  if (is_lazy(self) && PyUnicode_CheckExact(key)) return true;
  (void)make_ordinary(self);
  return false;
}

PyObject* item_or_null(PyObject* self, PyObject* key) {
  if (can_read_alone(self, key)) {
    const std::lock_guard lock(as_lazy(self)->mutex);
    return read_item(self, key);
  }
  return PyErr_Occurred() ? nullptr : base_item(self, key);
}

// ---- comparing what was read
// -----------------------------------------------------------------------------------------

// Compares what was made of a value with the value itself. What lies at one of the exempt paths may be anything, or
// missing.
class Inspection {
 public:
  using Exempt = std::vector<std::span<const std::optional<std::string>>>;  // what is left of each path

  explicit Inspection(Model& model) : model_(model) {}

  [[nodiscard]] bool holds(PyObject* object, Value value, const Exempt& exempt = {}) const {
    if (value.kind() == Kind::string) return model_.is_string(object, value.payload());
    if (value.kind() == Kind::array) return PyList_CheckExact(object) && list_holds(object, value);
    if (value.kind() == Kind::object) {
      if (!Py_IS_TYPE(object, lazy_dict_type)) return PyDict_CheckExact(object) && dict_holds(object, value, exempt);
      return is_lazy(object) ? view_holds(object, value, exempt) : dict_holds(object, value, exempt);
    }
    const Reference scalar(model_.scalar(value));
    return scalar && Py_IS_TYPE(object, Py_TYPE(scalar.get())) &&
           PyObject_RichCompareBool(object, scalar.get(), Py_EQ) == 1;
  }

 private:
  [[nodiscard]] bool list_holds(PyObject* list, Value value) const {
    const auto words = model_.document().array(value);
    const Reference items(PyList_AsTuple(list));  // others may be writing
    if (!items || PyTuple_GET_SIZE(items.get()) != static_cast<Py_ssize_t>(words.size())) return false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!holds(PyTuple_GET_ITEM(items.get(), static_cast<Py_ssize_t>(i)), Value::from_word(words[i]))) return false;
    }
    return true;
  }

  [[nodiscard]] bool dict_holds(PyObject* dict, Value value, const Exempt& exempt) const {
    const auto members = model_.document().object(value);
    std::size_t i = 0;
    const auto skip_exempt = [&] {
      while (i < members.size() && is_exempt(exempt, model_.document().string(members.key(i)))) ++i;
    };
    const bool all = each_item(Reference(PyDict_Items(dict)), [&](PyObject* key, PyObject* item) {
      if (is_exempt(exempt, text_of(key))) return true;
      skip_exempt();
      if (i == members.size() || !model_.is_string(key, members.key(i))) return false;
      return holds(item, members.value(i++), below(exempt, text_of(key)));
    });
    skip_exempt();
    return all && i == members.size();
  }

  // While a view is lazy, only what was read of it can differ, in its depth.
  [[nodiscard]] bool view_holds(PyObject* view, Value value, const Exempt& exempt) const {
    if (as_lazy(view)->model.get() != &model_ || as_lazy(view)->view != value) return false;
    Reference items;
    {
      const std::lock_guard lock(as_lazy(view)->mutex);
      if (is_lazy(view)) items.reset(PyDict_Items(view));
    }
    if (!items) return !PyErr_Occurred() && dict_holds(view, value, exempt);  // it has become an ordinary dict
    return each_item(std::move(items), [&](PyObject* key, PyObject* item) {
      const auto text = text_of(key);
      if (is_exempt(exempt, text)) return true;
      const auto known = text ? document_value(view, key) : std::nullopt;
      return known && holds(item, *known, below(exempt, text));
    });
  }

  // Whether `holds` says so of each item of a dict, as they were at one moment.
  template <typename Holds>
  [[nodiscard]] static bool each_item(const Reference& items, Holds holds) {
    if (!items) return false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* const item = PyList_GET_ITEM(items.get(), i);
      if (!holds(PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1))) return false;
    }
    return true;
  }

  // ---- exempt paths

  // Nothing for what is no plain string, or none of a document's.
  [[nodiscard]] static std::optional<std::string_view> text_of(PyObject* key) {
    if (!PyUnicode_CheckExact(key)) return std::nullopt;
    Py_ssize_t size = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(key, &size);
    if (text != nullptr) return std::string_view(text, static_cast<std::size_t>(size));
    PyErr_Clear();
    return std::nullopt;
  }

  [[nodiscard]] static bool is_exempt(const Exempt& exempt, std::optional<std::string_view> key) {
    return std::ranges::any_of(exempt, [&](auto path) { return path.size() == 1 && leads(path, key); });
  }

  // What is left of the paths that go through `key`.
  [[nodiscard]] static Exempt below(const Exempt& exempt, std::optional<std::string_view> key) {
    Exempt rest;
    for (const auto path : exempt) {
      if (path.size() > 1 && leads(path, key)) rest.push_back(path.subspan(1));
    }
    return rest;
  }

  [[nodiscard]] static bool leads(std::span<const std::optional<std::string>> path,
                                  std::optional<std::string_view> key) {
    return key && (!path.front() || *path.front() == *key);
  }

  Model& model_;
};

// ---- slots
// -----------------------------------------------------------------------------------------------------------

PyObject* subscript(PyObject* self, PyObject* key) {
  PyObject* const value = item_or_null(self, key);
  if (value == nullptr && !PyErr_Occurred()) {
    // A tuple as a key must not be taken for the exception's arguments.
    const Reference arguments(PyTuple_Pack(1, key));
    if (arguments) PyErr_SetObject(PyExc_KeyError, arguments.get());
  }
  return value;
}

PyObject* get(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2) {
    return PyErr_Format(PyExc_TypeError, "get expected 1 or 2 arguments, got %zd", count);
  }
  PyObject* const value = item_or_null(self, arguments[0]);
  if (value != nullptr || PyErr_Occurred()) return value;
  return Py_NewRef(count == 2 ? arguments[1] : Py_None);
}

int contains(PyObject* self, PyObject* key) {
  if (can_read_alone(self, key)) {
    const std::lock_guard lock(as_lazy(self)->mutex);
    if (is_lazy(self) && document_value(self, key)) return 1;
  }
  return PyErr_Occurred() ? -1 : PyDict_Contains(self, key);
}

Py_ssize_t length(PyObject* self) {
  const std::lock_guard lock(as_lazy(self)->mutex);
  if (!is_lazy(self)) return PyDict_Size(self);
  return static_cast<Py_ssize_t>(as_lazy(self)->model->document().object(as_lazy(self)->view).size());
}

int assign(PyObject* self, PyObject* key, PyObject* value) {
  return make_ordinary(self) ? PyDict_Type.tp_as_mapping->mp_ass_subscript(self, key, value) : -1;
}

int initialize(PyObject* self, PyObject* arguments, PyObject* keywords) {
  return make_ordinary(self) ? PyDict_Type.tp_init(self, arguments, keywords) : -1;
}

PyObject* iterate(PyObject* self) { return make_ordinary(self) ? PyDict_Type.tp_iter(self) : nullptr; }
PyObject* represent(PyObject* self) { return make_ordinary(self) ? PyDict_Type.tp_repr(self) : nullptr; }

// Either operand may be the view, and both.
bool make_ordinary_if_lazy_dict(PyObject* object) {
  return !Py_IS_TYPE(object, lazy_dict_type) || make_ordinary(object);
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  if (!make_ordinary_if_lazy_dict(self) || !make_ordinary_if_lazy_dict(other)) return nullptr;
  return PyDict_Type.tp_richcompare(self, other, operation);
}

PyObject* merged(PyObject* left, PyObject* right) {
  if (!make_ordinary_if_lazy_dict(left) || !make_ordinary_if_lazy_dict(right)) return nullptr;
  return PyDict_Type.tp_as_number->nb_or(left, right);
}

PyObject* merge_in_place(PyObject* self, PyObject* other) {
  return make_ordinary(self) ? PyDict_Type.tp_as_number->nb_inplace_or(self, other) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return PyDict_Type.tp_traverse(self, visit, arg);
}

int clear(PyObject* self) { return PyDict_Type.tp_clear(self); }  // not inherited where tp_traverse is one's own

void deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, deallocate);  // dict's own does not count a subclass
  std::destroy_at(&as_lazy(self)->model);
  PyDict_Type.tp_dealloc(self);
  Py_DECREF(type);
  Py_TRASHCAN_END;
}

// ---- methods: become ordinary, then do as a dict does
// ------------------------------------------------------------------

constexpr std::array kMethods{"keys",   "values",     "items", "copy",         "pop",       "popitem",
                              "update", "setdefault", "clear", "__reversed__", "__sizeof__"};
std::array<PyObject*, kMethods.size()> dict_methods{};  // dict's own, set when the module is loaded

template <std::size_t Index>
PyObject* delegate(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  if (!make_ordinary(self)) return nullptr;
  const auto total = static_cast<std::size_t>(count + (keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords)));
  std::array<PyObject*, 8> few;
  std::unique_ptr<PyObject*[]> many;
  PyObject** call = few.data();
  if (total + 1 > few.size()) {
    many.reset(new (std::nothrow) PyObject*[total + 1]);
    if (!many) return PyErr_NoMemory();
    call = many.get();
  }
  call[0] = self;
  std::copy_n(arguments, total, call + 1);
  return PyObject_Vectorcall(dict_methods[Index], call, static_cast<std::size_t>(count) + 1, keywords);
}

// copy.copy, copy.deepcopy and pickle: as an ordinary dict with these items. They come after the dict, so that one that
// contains itself ends.
PyObject* reduce(PyObject* self, PyObject*) {
  if (!make_ordinary(self)) return nullptr;
  const Reference items(PyObject_CallMethod(self, "items", nullptr));
  const Reference iterator(items ? PyObject_GetIter(items.get()) : nullptr);
  if (!iterator) return nullptr;
  return Py_BuildValue("O()OOO", &PyDict_Type, Py_None, Py_None, iterator.get());
}

template <std::size_t... Index>
PyMethodDef* method_table(std::index_sequence<Index...>) {
  static PyMethodDef methods[] = {
      {kMethods[Index], reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&delegate<Index>)),
       METH_FASTCALL | METH_KEYWORDS, nullptr}...,
      {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&get)), METH_FASTCALL, nullptr},
      {"__reduce__", &reduce, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  return methods;
}

template <typename Function>
PyType_Slot slot(int id, Function function) {
  return {id, reinterpret_cast<void*>(function)};
}

}  // namespace

PyObject* to_python(const std::shared_ptr<Model>& model, Value value) {
  if (value.kind() == Kind::array) return make_list(model, value);
  if (value.kind() != Kind::object) return model->scalar(value);
  const auto members = model->document().object(value);
  return is_small(model->document(), members) ? make_plain_dict(*model, members) : make_lazy_dict(model, value);
}

Model* model_of(PyObject* view) noexcept {
  return Py_IS_TYPE(view, lazy_dict_type) ? as_lazy(view)->model.get() : nullptr;
}

std::shared_ptr<Model> whole_model_of(PyObject* view) noexcept {
  if (model_of(view) == nullptr) return nullptr;
  const auto& model = as_lazy(view)->model;
  return as_lazy(view)->view == model->document().root() ? model : nullptr;
}

PyObject* to_plain(Model& model) {
  std::unordered_map<std::uint32_t, Reference> made;
  return plain(model, model.document().root(), made);
}

bool is_unchanged(PyObject* view, const std::vector<Path>& apart_from) {
  Model* const model = model_of(view);
  if (model == nullptr) return false;
  const Inspection::Exempt exempt(apart_from.begin(), apart_from.end());
  return Inspection(*model).holds(view, as_lazy(view)->view, exempt);
}

bool add_lazy_dict(PyObject* module) {
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    dict_methods[i] = PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyDict_Type), kMethods[i]);
    if (dict_methods[i] == nullptr) return false;
  }
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>("A dict whose items become Python objects when they are read.")},
                         slot(Py_tp_new, &create),
                         slot(Py_tp_init, &initialize),
                         slot(Py_tp_dealloc, &deallocate),
                         slot(Py_tp_traverse, &traverse),
                         slot(Py_tp_clear, &clear),
                         slot(Py_tp_repr, &represent),
                         slot(Py_tp_hash, &PyObject_HashNotImplemented),
                         slot(Py_tp_richcompare, &compare),
                         slot(Py_tp_iter, &iterate),
                         slot(Py_tp_methods, method_table(std::make_index_sequence<kMethods.size()>{})),
                         slot(Py_mp_subscript, &subscript),
                         slot(Py_mp_ass_subscript, &assign),
                         slot(Py_mp_length, &length),
                         slot(Py_sq_contains, &contains),
                         slot(Py_nb_or, &merged),
                         slot(Py_nb_inplace_or, &merge_in_place),
                         {0, nullptr}};
  PyType_Spec spec{"boto3_client_cache._core.LazyDict", sizeof(LazyDict), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                   slots};
  const Reference bases(PyTuple_Pack(1, &PyDict_Type));
  if (!bases) return false;
  PyObject* const type = PyType_FromModuleAndSpec(module, &spec, bases.get());
  if (type == nullptr) return false;
  lazy_dict_type = reinterpret_cast<PyTypeObject*>(type);
  return PyModule_AddObjectRef(module, "LazyDict", type) == 0;
}

}  // namespace models
