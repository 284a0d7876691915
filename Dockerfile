# One image for the demo apps; which app runs is the command of its service in docker-compose.yml.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:${NODE_VERSION}-slim
WORKDIR /app
ENV NODE_ENV=production
# What the apps run on (platform-express, swagger, ioredis, ...) are devDependencies of the library: no prune here.
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/package.json package.json
COPY --from=build /app/dist dist
USER node
CMD ["node", "dist/apps/order/main.js"]
