// SPDX-License-Identifier: Apache-2.0
#include "safeq/context.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <safeq/crypto/random.hpp>
#include <safeq/http/message.hpp>

namespace safeq::daemon {

Result<net::HttpReply> Context::call(std::string_view daemon, std::string method, std::string path,
                                     std::string_view body) const {
    static const SystemClock clock;
    static crypto::SystemRandom random;
    const std::string socket = layout.daemon(daemon).socket().string();
    net::HttpClient client{net::HttpTarget::local(socket), clock, random};
    net::HttpRequest request{
        .method = std::move(method), .target = std::move(path), .headers = {}, .body = to_bytes(body)};
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    auto reply = client.request(request);
    if (!reply && (reply.error().code == Errc::unavailable || reply.error().code == Errc::permission))
        return fail(reply.error().code, fmt::format("safeq-{} at {}", daemon, socket),
                    "does it run, as this user? " + reply.error().detail);
    return reply;
}

nlohmann::ordered_json Context::call_json(std::string_view daemon, std::string method, std::string path,
                                          std::string_view body) const {
    using Json = nlohmann::ordered_json;
    const net::HttpReply reply = require(call(daemon, std::move(method), std::move(path), body));
    if (reply.body.empty() && reply.status < 300) return nullptr;
    Json answer = Json::parse(as_text(reply.body), nullptr, false);
    if (reply.status < 300 && !answer.is_discarded()) return answer;
    if (answer.is_object() && answer.contains("message") && answer["message"].is_string())
        throw CommandFailed{answer["message"].get<std::string>()};
    throw CommandFailed{fmt::format("safeq-{} answered {} {}", daemon, reply.status, as_text(reply.body))};
}

std::string Context::segment(const std::string& list, const char* id, const std::string& name) const {
    std::string encoded = http::encode_segment(name);
    if (!name.empty() && http::parse_target("/" + encoded)) return encoded;
    const auto rows = call_json("release", "GET", "/admin/v1/" + list).at(list);
    for (const auto& row : rows)
        if (row.at("name").get<std::string>() == name) return row.at(id).get<std::string>();
    throw CommandFailed{"not_found: " + name};
}

}  // namespace safeq::daemon
