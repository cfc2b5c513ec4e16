// SPDX-License-Identifier: Apache-2.0
#include <safeq/audit/witness.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace safeq::audit {
namespace {

constexpr std::string_view where = "add-checkpoint request";
constexpr std::string_view keyword = "old ";

std::unexpected<Error> malformed(const char* detail) { return fail(Errc::malformed, std::string{where}, detail); }

}  // namespace

std::string AddCheckpoint::encode() const {
    std::string body = fmt::format("{}{}\n", keyword, old_size);
    for (const Hash& hash : proof) body += to_base64(hash) + '\n';
    return body + '\n' + checkpoint;
}

Result<AddCheckpoint> AddCheckpoint::parse(std::string_view body) {
    constexpr std::size_t max_head_bytes = 4096;
    if (body.size() > checkpoint_limits.max_bytes + max_head_bytes) return fail(Errc::too_large, std::string{where});
    const std::size_t end = body.find("\n\n");
    if (end == std::string_view::npos) return malformed("no empty line before the checkpoint");
    std::string_view head = body.substr(0, end + 1);
    AddCheckpoint request;
    for (bool first = true; !head.empty(); first = false) {
        const std::size_t newline = head.find('\n');
        const std::string_view line = head.substr(0, newline);
        head.remove_prefix(newline + 1);
        if (first) {
            if (!line.starts_with(keyword)) return malformed("no old size");
            const std::string_view number = line.substr(keyword.size());
            const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), request.old_size);
            if (error != std::errc{} || last != number.data() + number.size())
                return malformed("the old size is no number");
            continue;
        }
        if (request.proof.size() == max_proof_hashes) return fail(Errc::too_many, std::string{where}, "proof lines");
        const auto bytes = from_base64(line);
        if (!bytes || bytes->size() != sizeof(Hash)) return malformed("a proof line is no hash in base64");
        std::memcpy(request.proof.emplace_back().data(), bytes->data(), sizeof(Hash));
    }
    request.checkpoint = std::string{body.substr(end + 2)};
    if (request.encode() != body) return malformed("not in the one allowed form");
    return request;
}

Result<SignedCheckpoint> check_to_cosign(const Witnessed& last, const AddCheckpoint& request,
                                         const crypto::NoteKey& log) {
    SAFEQ_TRY(SignedCheckpoint offered, SignedCheckpoint::open(request.checkpoint, log));
    const TreeHead& head = offered.checkpoint.head;
    if (request.old_size > head.size)
        return fail(Errc::invalid_argument, std::string{where}, "the old size is over the new");
    if (request.old_size != last.head.size)
        return fail(Errc::conflict, std::string{where}, fmt::format("the last cosigned size is {}", last.head.size));
    SAFEQ_TRY_VOID(
        verify_consistency({request.old_size, head.size, request.proof}, last.head.root, head.root, FromEmpty::accept));
    return offered;
}

Result<std::string> Witness::add_checkpoint(const AddCheckpoint& request) {
    const std::string_view origin = std::string_view{request.checkpoint}.substr(0, request.checkpoint.find('\n'));
    const auto log = std::ranges::find(parts_.logs, origin, &crypto::NoteKey::name);
    if (log == parts_.logs.end()) return fail(Errc::not_found, std::string{where}, "an unknown log");
    SAFEQ_TRY(const Witnessed last, parts_.store.load(log->name));
    SAFEQ_TRY(const SignedCheckpoint checkpoint, check_to_cosign(last, request, *log));
    SAFEQ_TRY_VOID(parts_.store.replace(log->name, last, {checkpoint.checkpoint.head}));
    SAFEQ_TRY(const crypto::NoteSignature line, cosign(checkpoint, parts_.name, parts_.key, parts_.clock.now()));
    return encode_signatures({&line, 1});
}

WitnessAnswer Witness::answer(std::string_view body) {
    constexpr const char* plain = "text/plain; charset=utf-8";
    const auto request = AddCheckpoint::parse(body);
    if (!request) return {400, plain, request.error().message() + '\n'};
    const auto lines = add_checkpoint(*request);
    if (lines) return {200, plain, *lines};
    const Error& error = lines.error();
    const std::string text = error.message() + '\n';
    if (error.code == Errc::not_found) return {404, plain, text};
    if (error.code == Errc::signature_invalid) return {403, plain, text};
    if (error.code == Errc::fork_detected) return {409, plain, text};
    if (error.code == Errc::proof_invalid) return {422, plain, text};
    if (error.code == Errc::conflict) {
        const std::string_view origin = std::string_view{request->checkpoint}.substr(0, request->checkpoint.find('\n'));
        const auto last = parts_.store.load(std::string{origin});
        if (!last) return {500, plain, last.error().message() + '\n'};
        return {409, "text/x.tlog.size", fmt::format("{}\n", last->head.size)};
    }
    for (const Errc form : {Errc::checkpoint_invalid, Errc::invalid_argument, Errc::malformed, Errc::not_canonical,
                            Errc::too_large, Errc::too_many, Errc::invalid_utf8, Errc::control_character})
        if (error.code == form) return {400, plain, text};
    return {500, plain, text};
}

}  // namespace safeq::audit
