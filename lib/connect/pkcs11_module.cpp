// SPDX-License-Identifier: Apache-2.0
#include "pkcs11_module.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace safeq::connect {
namespace {

constexpr std::size_t max_uri_bytes = 4096;
constexpr std::size_t max_pin_bytes = 255;

Result<crypto::Secret> read_pin(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return fail(errno == ENOENT ? Errc::not_found : Errc::permission, path, std::strerror(errno));
    struct Close {
        int file;
        ~Close() { ::close(file); }
    } const close{file};
    struct stat status{};
    if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) return fail(Errc::permission, path, "not a plain file");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return fail(Errc::permission, path, "others have rights on it");
    auto buffer = crypto::Secret::zeroed(max_pin_bytes + 2);
    const ssize_t got = ::read(file, buffer.fill().data(), buffer.fill().size());
    if (got < 0) return fail(Errc::io_failed, path, std::strerror(errno));
    ByteView pin = buffer.expose().first(static_cast<std::size_t>(got));
    if (!pin.empty() && pin.back() == std::byte{'\n'}) pin = pin.first(pin.size() - 1);
    if (pin.empty() || pin.size() > max_pin_bytes)
        return fail(Errc::malformed, path, "expected a PIN of 1 to 255 bytes");
    return crypto::Secret::copy_of(pin);
}

// p11-kit reads no further than an empty part, of a name that comes twice it takes the last value, and what it doesn't
// know behind the question mark it passes over: what an operator wrote would go unread. RFC 7512, section 2.3.
Result<std::vector<std::string_view>> names_of(std::string_view list, char separator) {
    std::vector<std::string_view> names;
    if (list.empty()) return names;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t end = std::min(list.find(separator, at), list.size());
        const std::string_view part = list.substr(at, end - at);
        const std::string_view name = part.substr(0, part.find('='));
        if (name.empty() || name.size() == part.size())
            return fail(Errc::malformed, "PKCS#11 URI", "a part that isn't name=value");
        if (std::ranges::find(names, name) != names.end())
            return fail(Errc::malformed, "PKCS#11 URI", "a name comes twice");
        names.push_back(name);
        at = end + 1;
    }
    return names;
}

Result<void> check_parts(std::string_view uri) {
    constexpr std::string_view asked[] = {"module-path", "pin-source", "pin-value"};  // the last to be refused
    const std::size_t query = std::min(uri.find('?'), uri.size());
    const std::size_t path = std::min(uri.find(':'), query) + 1;
    if (path > query) return fail(Errc::malformed, "PKCS#11 URI", "expected pkcs11:…");
    SAFEQ_TRY([[maybe_unused]] const auto checked, names_of(uri.substr(path, query - path), ';'));
    SAFEQ_TRY(const auto names, names_of(uri.substr(std::min(query + 1, uri.size())), '&'));
    for (const std::string_view name : names)
        if (std::ranges::find(asked, name) == std::end(asked))
            return fail(Errc::unsupported, "PKCS#11 URI", "it has a part that nobody knows");
    return {};
}

}  // namespace

Error module_error(CK_RV code, std::string_view what) {
    const Errc kind = [&] {
        switch (code) {
            case CKR_HOST_MEMORY: return Errc::out_of_memory;
            case CKR_PIN_INCORRECT:
            case CKR_PIN_LOCKED:
            case CKR_PIN_EXPIRED:
            case CKR_PIN_INVALID:
            case CKR_PIN_LEN_RANGE: return Errc::denied;
            case CKR_ENCRYPTED_DATA_INVALID:
            case CKR_ENCRYPTED_DATA_LEN_RANGE: return Errc::authentication_failed;
            default: return Errc::unavailable;
        }
    }();
    const char* text = p11_kit_strerror(code);
    return {kind, std::string{what}, text == nullptr ? std::to_string(code) : std::string{text}};
}

Result<TokenUri> TokenUri::parse(std::string_view text, std::string_view object) {
    if (text.size() > max_uri_bytes) return fail(Errc::too_large, "PKCS#11 URI");
    // p11-kit drops white space, and takes what stands before a zero byte for the whole.
    if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }) || text.contains("%00"))
        return fail(Errc::malformed, "PKCS#11 URI", "a character that no such URI has");
    SAFEQ_TRY_VOID(check_parts(text));
    TokenUri out;
    out.uri_.reset(p11_kit_uri_new());
    if (out.uri_ == nullptr) return fail(Errc::out_of_memory, "PKCS#11 URI");
    const int parsed = p11_kit_uri_parse(std::string{text}.c_str(), P11_KIT_URI_FOR_ANY, out.uri_.get());
    if (parsed != P11_KIT_URI_OK) return fail(Errc::malformed, "PKCS#11 URI", p11_kit_uri_message(parsed));
    if (p11_kit_uri_any_unrecognized(out.uri_.get()) != 0)
        return fail(Errc::unsupported, "PKCS#11 URI", "it has a part that nobody knows");
    if (p11_kit_uri_get_pin_value(out.uri_.get()) != nullptr)
        return fail(Errc::unsupported, "PKCS#11 URI", "no pin-value: name a file by pin-source");
    CK_ULONG count = 0;
    const CK_ATTRIBUTE* attributes = p11_kit_uri_get_attributes(out.uri_.get(), &count);
    out.object_ = object;
    for (CK_ULONG i = 0; i < count; ++i) {
        if (attributes[i].type != CKA_LABEL)
            return fail(Errc::unsupported, "PKCS#11 URI", "of an object only its name (object=) may be given");
        out.object_.assign(static_cast<const char*>(attributes[i].pValue), attributes[i].ulValueLen);
    }
    return out;
}

bool TokenUri::matches(CK_TOKEN_INFO& info) const noexcept {
    return p11_kit_uri_match_token_info(uri_.get(), &info) == 1;
}

std::optional<std::string> TokenUri::module_path() const {
    const char* path = p11_kit_uri_get_module_path(uri_.get());
    return path == nullptr ? std::nullopt : std::optional<std::string>{path};
}

Result<std::optional<crypto::Secret>> TokenUri::pin() const {
    const char* source = p11_kit_uri_get_pin_source(uri_.get());
    if (source == nullptr) return std::optional<crypto::Secret>{};
    std::string_view path{source};
    constexpr std::string_view scheme = "file:";
    if (path.starts_with(scheme)) path.remove_prefix(scheme.size());
    if (path.starts_with("//")) path.remove_prefix(2);
    if (!path.starts_with('/'))
        return fail(Errc::unsupported, "PKCS#11 URI", "expected an absolute path of a file in pin-source");
    SAFEQ_TRY(crypto::Secret pin, read_pin(std::string{path}));
    return std::optional{std::move(pin)};
}

Modules::Modules(Modules&& other) noexcept
    : single_{std::exchange(other.single_, nullptr)}, all_{std::exchange(other.all_, nullptr)} {}

Modules::~Modules() {
    if (single_ != nullptr) {
        p11_kit_module_finalize(single_);
        p11_kit_module_release(single_);
    }
    if (all_ != nullptr) p11_kit_modules_finalize_and_release(all_);
}

Result<Modules> Modules::load(const TokenUri& uri) {
    Modules out;
    if (const auto path = uri.module_path()) {
        if (!path->starts_with('/')) return fail(Errc::unsupported, "PKCS#11 URI", "module-path must be absolute");
        CK_FUNCTION_LIST* module = p11_kit_module_load(path->c_str(), 0);
        if (module == nullptr) return fail(Errc::unavailable, *path, p11_kit_message());
        if (const CK_RV code = p11_kit_module_initialize(module); code != CKR_OK) {
            p11_kit_module_release(module);
            return std::unexpected(module_error(code, *path));
        }
        out.single_ = module;
    } else {
        out.all_ = p11_kit_modules_load_and_initialize(0);
        if (out.all_ == nullptr) return fail(Errc::unavailable, "PKCS#11 modules", p11_kit_message());
    }
    return out;
}

Result<Modules::Slot> Modules::find(const TokenUri& uri) const {
    std::vector<CK_FUNCTION_LIST*> modules;
    if (single_ != nullptr) modules.push_back(single_);
    for (CK_FUNCTION_LIST** at = all_; at != nullptr && *at != nullptr; ++at) modules.push_back(*at);
    std::optional<Slot> found;
    for (CK_FUNCTION_LIST* module : modules) {
        CK_ULONG count = 0;
        if (const CK_RV code = module->C_GetSlotList(CK_TRUE, nullptr, &count); code != CKR_OK)
            return std::unexpected(module_error(code, "PKCS#11 slots"));
        std::vector<CK_SLOT_ID> slots(count);
        if (count == 0) continue;
        if (const CK_RV code = module->C_GetSlotList(CK_TRUE, slots.data(), &count); code != CKR_OK)
            return std::unexpected(module_error(code, "PKCS#11 slots"));
        slots.resize(std::min<std::size_t>(slots.size(), count));
        for (const CK_SLOT_ID id : slots) {
            CK_TOKEN_INFO token{};
            CK_SLOT_INFO slot{};
            // A token that can't say what it is isn't the one that was named.
            if (module->C_GetTokenInfo(id, &token) != CKR_OK || module->C_GetSlotInfo(id, &slot) != CKR_OK) continue;
            if ((token.flags & CKF_TOKEN_INITIALIZED) == 0 || !uri.matches(token)) continue;
            if (found) return fail(Errc::duplicate, "PKCS#11 token", "the URI fits several; name one by serial=");
            found = Slot{module, id, (slot.flags & CKF_HW_SLOT) != 0};
        }
    }
    if (!found) return fail(Errc::not_found, "PKCS#11 token", "no token fits the URI");
    return *found;
}

Result<CK_SESSION_HANDLE> open_session(const Modules::Slot& slot, const std::optional<crypto::Secret>& pin,
                                       CK_FLAGS flags) {
    CK_SESSION_HANDLE session = 0;
    CK_RV code = slot.module->C_OpenSession(slot.id, CKF_SERIAL_SESSION | flags, nullptr, nullptr, &session);
    if (code != CKR_OK) return std::unexpected(module_error(code, "PKCS#11 session"));
    if (!pin) return session;
    code = slot.module->C_Login(session, CKU_USER, in(pin->expose()), pin->expose().size());
    if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) return session;
    slot.module->C_CloseSession(session);
    return std::unexpected(module_error(code, "PKCS#11 PIN"));
}

}  // namespace safeq::connect
