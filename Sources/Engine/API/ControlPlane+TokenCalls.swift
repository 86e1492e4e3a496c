import Primitives
import Security
import Signaling
import Visits

extension ControlPlane {
  /// Mints a token for a person of the clinic, signed with the key that the back end's own token
  /// was signed with.
  mutating func createToken(_ call: APICall) throws(APIProblem) {
    let body = try call.request.object()
    let parameters: TokenParameters
    do {
      parameters = try TokenParameters(body)
    } catch {
      throw APIProblem(error)
    }
    guard let key = configuration.keys.first(where: { $0.key.id == call.key })?.key, key.canSign
    else {
      throw APIProblem(409, "key_cannot_sign", detail: "the daemon has only the key's public half")
    }
    if let visit = parameters.visit {
      guard journal.scene(of: visit)?.visit.clinic == call.clinic else {
        throw APIProblem(ControlRefusal.rules(Refusal(.visitNotFound, field: "visit")))
      }
    }
    var claims: [JSON.Member] = [
      .init("clinic", .string(call.clinic.text)),
      .init("role", .string(parameters.role.rawValue)),
    ]
    if let visit = parameters.visit { claims.append(.init("visit", .string(visit.text))) }
    try respondOnce(to: call, body, status: 201) { plane throws(APIProblem) in
      let token = JWT.sign(
        subject: parameters.person.text, claims: .object(claims + parameters.claims),
        from: plane.moment.wall, for: parameters.lifetime, id: plane.random.string(length: 20),
        key: key)
      do {
        _ = try plane.identity(ofToken: token)
      } catch {
        throw APIProblem(
          422, "claims_refused", field: parameters.visit == nil ? nil : "visit",
          detail: "no session could be opened with this token: the claims do not go together")
      }
      let end = plane.moment.wall + parameters.lifetime
      return ["token": .string(token), "expires": .integer(end.milliseconds)]
    }
  }
}
