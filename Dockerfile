FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
COPY scripts scripts
COPY assembly assembly
RUN npm ci
COPY src src
RUN npm run build

FROM node:26-slim
WORKDIR /app
COPY package.json LICENSE ./
COPY bin bin
COPY --from=build /build/dist dist
# The launcher would set the others itself, and the flags of the entry point, and begin the process anew for it.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=262144
# As a number, which Kubernetes' runAsNonRoot can judge, and one that is nobody's on the node. Any other will do as well.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "--max-semi-space-size=2", "--heap-growing-percent=50", "/app/bin/kubevirt-metrics-gateway.js"]
